/** Test helper: asks every host again and again how many sockets there are, while nobody comes or goes. */

import type { Traffic } from "../traffic/traffic.js";
import { Asker } from "./asker.js";
import type { TestHost } from "./host.js";

export class CountingClient {
  readonly #askers: readonly Asker[];
  readonly #right: number;
  readonly #timer: NodeJS.Timeout;
  readonly #counts = { asked: 0, wrong: 0 };
  #asking: Promise<void> = Promise.resolve();

  private constructor(askers: readonly Asker[], right: number, every: number) {
    this.#askers = askers;
    this.#right = right;
    this.#timer = setInterval(() => {
      this.#asking = this.#asking.then(() => this.#ask());
    }, every);
  }

  /** @param every milliseconds */
  static async begin(hosts: readonly TestHost[], traffic: Traffic, every: number): Promise<CountingClient> {
    const askers = await Promise.all(hosts.map((host) => Asker.open(host)));
    return new CountingClient(askers, (await traffic.members("/")) + askers.length, every);
  }

  /** @returns how often a host was asked, and how often it told another number, or none */
  async end(): Promise<{ readonly asked: number; readonly wrong: number }> {
    clearInterval(this.#timer);
    await this.#asking;
    for (const asker of this.#askers) asker.leave();
    return this.#counts;
  }

  async #ask(): Promise<void> {
    const told = await Promise.all(this.#askers.map((asker) => asker.who().catch(() => Number.NaN)));
    this.#counts.asked += told.length;
    this.#counts.wrong += told.filter((count) => count !== this.#right).length;
  }
}
