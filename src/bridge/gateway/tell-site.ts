/** Bridge: tells the workers of this host, over the mesh, which other hosts there are and how to reach their gateways. */

import type { Bus } from "../../bus/bus.js";
import { SITE_CHANNEL, type SiteNews } from "../../protocol/bridge-messages.js";
import type { SiteHost } from "../site.js";

type Told = Pick<SiteNews, "secret" | "tls">;

export class SiteTeller {
  readonly #bus: Pick<Bus, "publish" | "send" | "subscribe">;
  readonly #access: Told;
  readonly #hosts: () => readonly SiteHost[];
  #told: string;
  readonly #unsubscribe: () => void;

  /** Tells each worker that comes. @param hosts the others that live; see `Site.hosts` */
  constructor(
    bus: Pick<Bus, "publish" | "send" | "subscribe">,
    access: Told,
    hosts: () => readonly SiteHost[],
  ) {
    this.#bus = bus;
    this.#access = access;
    this.#hosts = hosts;
    this.#told = this.#news();
    this.#unsubscribe = bus.subscribe(SITE_CHANNEL, {
      message: () => {},
      peerUp: (peer) => bus.send([peer], SITE_CHANNEL, Buffer.from(this.#told)),
    });
    bus.publish(SITE_CHANNEL, Buffer.from(this.#told));
  }

  /** A host came, left or changed: tells all, if it concerns them. */
  changed(): void {
    const news = this.#news();
    if (news === this.#told) return;
    this.#told = news;
    this.#bus.publish(SITE_CHANNEL, Buffer.from(news));
  }

  close(): void {
    this.#unsubscribe();
  }

  #news(): string {
    return JSON.stringify(siteNews(this.#hosts(), this.#access));
  }
}

/** What of a site concerns its workers. */
export function siteNews(hosts: readonly SiteHost[], { secret, tls }: Told): SiteNews {
  return {
    secret,
    ...(tls && { tls: { cert: tls.cert, key: tls.key, ca: tls.ca } }),
    hosts: hosts.map(({ host, token, address, port }) => ({ host, token, address, port })),
  };
}
