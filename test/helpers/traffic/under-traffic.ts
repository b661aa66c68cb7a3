/** Test helper: a fleet of test/fixtures/handoff with a crowd that talks to it, and both gone after the test. */

import type { ChangeProgress, FleetStatus } from "../../../src/protocol/status.js";
import { type Fleet, type FleetOptions, startFleet } from "../fleet.js";
import { temporaryDirectory } from "../temporary.js";
import { FaultOrders } from "./fault-orders.js";
import { Traffic, type TrafficOptions } from "./traffic.js";

/** What a reload or a change of the number of workers came to. */
export type Outcome = {
  /** What the command said when it failed. */
  readonly failed: string | undefined;
  readonly change: ChangeProgress;
  /** Afterwards. */
  readonly status: FleetStatus;
};

export class UnderTraffic {
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  readonly faults: FaultOrders;
  readonly #directory: ReturnType<typeof temporaryDirectory>;

  private constructor(
    fleet: Fleet,
    traffic: Traffic,
    faults: FaultOrders,
    directory: ReturnType<typeof temporaryDirectory>,
  ) {
    this.fleet = fleet;
    this.traffic = traffic;
    this.faults = faults;
    this.#directory = directory;
  }

  /** @returns when everybody talks */
  static async start(options: FleetOptions, clients: TrafficOptions): Promise<UnderTraffic> {
    const directory = temporaryDirectory();
    const faults = new FaultOrders(directory.path);
    const env = { ...faults.env, ...options.env };
    const fleet = await startFleet("handoff/app.mjs", { ...options, env });
    try {
      const traffic = await Traffic.arrive(fleet.url, clients);
      return new UnderTraffic(fleet, traffic, faults, directory);
    } catch (error) {
      await fleet.stop();
      directory.remove();
      throw error;
    }
  }

  reload(...args: readonly string[]): Promise<Outcome> {
    return this.#change("reload", ...args);
  }

  scale(workers: number, ...args: readonly string[]): Promise<Outcome> {
    return this.#change("scale", `${workers}`, ...args);
  }

  /** Ends the crowd, if it has not gone by itself, and the fleet. @returns the exit code of the fleet */
  async end(): Promise<number | null> {
    await this.traffic.end();
    const code = await this.fleet.stop();
    this.#directory.remove();
    return code;
  }

  async #change(name: string, ...args: readonly string[]): Promise<Outcome> {
    let failed: string | undefined;
    try {
      await this.fleet.command(name, ...args);
    } catch (error) {
      failed = (error as { stderr?: string }).stderr ?? String(error);
    }
    const status = await this.fleet.status();
    const { lastChange } = status;
    if (lastChange === null) throw new Error(`nothing was changed: ${failed}\n${this.fleet.stderr}`);
    return { failed, change: lastChange, status };
  }
}
