/** Test helper: hosts of a site over a real Redis, in this process; each reaches Redis through a relay of its own, which can be cut. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createRedisSite } from "../../src/bridge/redis-site.js";
import type { RedisSite, RedisSiteSettings } from "../../src/bridge/redis-site-types.js";
import type { SiteHandlers } from "../../src/bridge/site.js";

let lives = 0;

/** Carries bytes to a port of this machine until it is cut. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  constructor(port: number) {
    this.#server = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(port, "127.0.0.1");
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => other.destroy());
        socket.on("close", () => this.#sockets.delete(socket));
        socket.pipe(other);
      }
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks all connections; new ones are ended at once. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

export type JoinSettings = Partial<Omit<RedisSiteSettings, "redis">> & Partial<RedisSiteSettings["redis"]>;

/** What a host needs that joins a site; each call is another life of a host. */
export function siteSettings(settings: JoinSettings): RedisSiteSettings {
  const { url = "", prefix = "holdfast", ca, cert, key, ...rest } = settings;
  lives += 1;
  return {
    fleet: `fleet-${lives}`,
    token: `token-${lives}`,
    address: "127.0.0.1",
    port: 7000,
    workers: 2,
    lease: 1000,
    said: () => {},
    redis: { url, prefix, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
    ...rest,
  };
}

/** The hosts of one test. */
export class RedisHosts {
  readonly #port: number;
  readonly #settings: JoinSettings;
  readonly #open: { readonly site: RedisSite; readonly relay: Relay }[] = [];

  /** @param settings of all of them */
  constructor(port: number, settings: JoinSettings) {
    this.#port = port;
    this.#settings = settings;
  }

  async join(
    handlers: Partial<SiteHandlers> = {},
    settings: JoinSettings = {},
  ): Promise<{ readonly site: RedisSite; readonly relay: Relay }> {
    const relay = new Relay(this.#port);
    const url = `redis://127.0.0.1:${await relay.listen()}`;
    const all = { message: () => {}, hostUp: () => {}, hostDown: () => {}, lost: () => {}, ...handlers };
    try {
      const site = await createRedisSite(siteSettings({ url, ...this.#settings, ...settings }), all);
      this.#open.push({ site, relay });
      return { site, relay };
    } catch (error) {
      relay.close();
      throw error;
    }
  }

  /** All leave in order, those that were cut off, too: nothing of them stays in Redis. */
  async close(): Promise<void> {
    for (const { relay } of this.#open) relay.mend();
    while (this.#open.some(({ site }) => !site.redis.up))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(this.#open.map(({ site }) => site.leave()));
    for (const { relay } of this.#open) relay.close();
  }
}
