/** Worker (accepting): the other hosts of the site, as this host's bridge tells them, and the way to the owners of their sessions. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Bus } from "../../bus/bus.js";
import { BRIDGE_SLOT, SITE_CHANNEL, type SiteNews } from "../../protocol/bridge-messages.js";
import type { Owner } from "../../routing/sid.js";
import type { Carried } from "../forward/carried.js";
import { forwardRequest, forwardUpgrade, type StrayOutcome } from "../forward/forward.js";
import type { RequestOrigin } from "../request-head.js";
import { dialGateway } from "./dial-gateway.js";
import { decodeNews, type KnownHost } from "./news.js";
import { RemoteLinks } from "./remote-links.js";

/** Between two looks for idle links. Milliseconds. */
const SWEEP_EVERY = 5000;
/** Between two sentences about one host that cannot be reached. Milliseconds. */
const QUIET = 60_000;

type Reached = { host: KnownHost; readonly links: RemoteLinks };

export class RemoteHosts {
  readonly #self: number;
  readonly #carried: Carried;
  readonly #warn: (sentence: string) => void;
  readonly #hosts = new Map<number, Reached>();
  readonly #warned = new Map<number, number>();
  #news: SiteNews | undefined;
  readonly #timer: NodeJS.Timeout;

  /** @param self number of this host @param warn takes sentences for the log */
  constructor(bus: Pick<Bus, "subscribe">, self: number, carried: Carried, warn: (sentence: string) => void) {
    this.#self = self;
    this.#carried = carried;
    this.#warn = warn;
    // A bridge that dies takes no host along: what it told last holds until the next one speaks.
    bus.subscribe(SITE_CHANNEL, {
      message: ({ identity }, payload) => {
        if (identity.slot === BRIDGE_SLOT) this.#hear(decodeNews(payload));
      },
    });
    this.#timer = setInterval(() => this.#sweep(), SWEEP_EVERY).unref();
  }

  /** @returns whether there is such a host, and it could be reached when that was last tried. Costs nothing. */
  reaches({ host, slot }: Owner): boolean {
    return this.#hosts.get(host)?.links.reaches(slot) === true;
  }

  /** Forwards one request and writes the owner's answer to `response`. */
  request(
    owner: Owner,
    request: IncomingMessage,
    response: ServerResponse,
    origin: RequestOrigin,
    outcome: StrayOutcome,
  ): void {
    const links = this.#hosts.get(owner.host)?.links;
    if (links === undefined) outcome.lost();
    else forwardRequest(links.link(owner.slot), this.#carried, request, response, origin, outcome);
  }

  /** Tunnels an upgrade for all its life: a connection cannot move to another host. */
  upgrade(
    owner: Owner,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: RequestOrigin,
    outcome: StrayOutcome,
  ): void {
    const links = this.#hosts.get(owner.host)?.links;
    if (links === undefined) outcome.lost();
    else forwardUpgrade(links.link(owner.slot), this.#carried, request, socket, head, origin, outcome);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { links } of this.#hosts.values()) links.close();
    this.#hosts.clear();
  }

  #hear(news: SiteNews | undefined): void {
    if (news === undefined) return;
    this.#news = news;
    const living = new Map(news.hosts.map((host) => [host.host, host]));
    for (const [number, { host, links }] of this.#hosts) {
      if (living.get(number)?.token === host.token) continue;
      this.#hosts.delete(number);
      links.close();
    }
    for (const host of living.values()) {
      if (host.host === this.#self) continue;
      const known = this.#hosts.get(host.host);
      if (known === undefined) this.#hosts.set(host.host, this.#reach(host));
      else known.host = host;
    }
  }

  #reach(host: KnownHost): Reached {
    const reached: Reached = {
      host,
      links: new RemoteLinks(
        (slot) => dialGateway(this.#self, reached.host, slot, this.#news as SiteNews),
        (why) => this.#onFailure(reached.host, why),
      ),
    };
    return reached;
  }

  #onFailure({ host, address, port }: KnownHost, why: string): void {
    const now = performance.now();
    if (now - (this.#warned.get(host) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
    this.#warned.set(host, now);
    this.#warn(
      `Requests for sessions of host ${host} cannot be brought there (${address}:${port}): ${why} Their clients are told that the session is unknown.`,
    );
  }

  #sweep(): void {
    for (const { links } of this.#hosts.values()) links.sweep();
  }
}
