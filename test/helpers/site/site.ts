/** Test helper: a site: real hosts on a network, a real Redis between them, and whatever the test puts before them. */

import type { RealProxy } from "../real-proxy.js";
import type { Traffic } from "../traffic/traffic.js";
import { type FrontKind, startFront } from "./front.js";
import { TestHost } from "./host.js";
import { createNetwork, type Network } from "./network.js";
import { TestRedis } from "./redis.js";

export type SiteOptions = {
  readonly hosts?: number;
  /** Of each host. */
  readonly workers?: number;
  readonly app?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly lease?: number;
};

/** Short, so that what a lease decides can be waited for. Milliseconds. */
export const LEASE = 3_000;

export class TestSite {
  readonly network: Network;
  readonly redis: TestRedis;
  readonly hosts: TestHost[] = [];
  readonly #options: SiteOptions;
  readonly #fronts: RealProxy[] = [];

  private constructor(network: Network, redis: TestRedis, options: SiteOptions) {
    this.network = network;
    this.redis = redis;
    this.#options = options;
  }

  /** @returns when each host is ready and knows all others */
  static async start(options: SiteOptions = {}): Promise<TestSite> {
    const network = await createNetwork();
    const redis = await TestRedis.start(network);
    const site = new TestSite(network, redis, options);
    try {
      const added = Array.from({ length: options.hosts ?? 3 }, () => site.launch());
      await Promise.all(added.map(async (host) => (await host).fleet.ready()));
      await site.complete();
      return site;
    } catch (error) {
      await site.end();
      throw error;
    }
  }

  /** One host more, which may not be ready yet. */
  async launch(more: SiteOptions = {}): Promise<TestHost> {
    const { workers = 2, app = "site/app.mjs", args = [], env = {}, lease = LEASE } = this.#options;
    const place = await this.network.place(`h${this.#launched++}`);
    const route = await this.network.route(place, this.redis.place, this.redis.port);
    const host = TestHost.launch({
      place,
      route,
      redisUrl: this.redis.url(route),
      app: more.app ?? app,
      workers: more.workers ?? workers,
      args: ["--lease", `${more.lease ?? lease}`, ...args, ...(more.args ?? [])],
      env: { ...env, ...more.env },
    });
    this.hosts.push(host);
    return host;
  }

  #launched = 0;

  /** Each living host knows all others that live, and has Redis. */
  async complete(within = 20_000): Promise<void> {
    const { living } = this;
    for (const { fleet } of living) {
      const others = async (): Promise<number> => {
        const { site } = await fleet.status();
        return site?.redis === "up" ? site.hosts.length : -1;
      };
      await fleet.until("all hosts known", async () => (await others()) === living.length - 1, within);
    }
  }

  get living(): TestHost[] {
    return this.hosts.filter(({ fleet }) => !fleet.ended);
  }

  /** The others know that this host is not there. */
  async alone(host: TestHost, within = 20_000): Promise<void> {
    const number = await host.number();
    for (const { fleet } of this.living.filter((other) => other !== host)) {
      const gone = async (): Promise<boolean> =>
        !(await fleet.status()).site?.hosts.some((other) => other.host === number);
      await fleet.until(`host ${number} gone`, gone, within);
    }
  }

  /** So many sessions of the crowd are connected and answered. */
  async settled(traffic: Traffic, within = 20_000): Promise<void> {
    const [first] = this.living;
    await first?.fleet.until(
      "everybody answered",
      async () => (await traffic.unanswered()).length === 0,
      within,
    );
  }

  async front(kind: FrontKind): Promise<RealProxy> {
    const proxy = await startFront(kind, this.living);
    this.#fronts.push(proxy);
    return proxy;
  }

  /** Stops everything, in order where it still runs. */
  async end(): Promise<void> {
    this.redis.thaw();
    await Promise.all(this.#fronts.splice(0).map((front) => front.stop()));
    await Promise.all(this.hosts.map(({ fleet }) => fleet.stop()));
    await this.redis.kill();
    await this.network.remove();
  }
}
