/** Test helper: one host of a site: a real fleet in a place of its own, with its way to Redis. */

import { Fleet, type FleetOptions } from "../fleet.js";
import { childrenOf } from "../processes.js";
import type { Place, Route } from "./network.js";

export type SiteHostOptions = {
  readonly place: Place;
  /** To Redis. */
  readonly route: Route;
  readonly redisUrl: string;
  /** Below test/fixtures. */
  readonly app: string;
  readonly workers: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export class TestHost {
  readonly place: Place;
  readonly route: Route;
  readonly fleet: Fleet;

  private constructor({ place, route }: SiteHostOptions, fleet: Fleet) {
    this.place = place;
    this.route = route;
    this.fleet = fleet;
  }

  /** It may not be ready yet. */
  static launch(options: SiteHostOptions): TestHost {
    const { place, redisUrl, app, workers, args, env } = options;
    const own = ["--redis", redisUrl, "--site-listen", `${place.address}:0`];
    const fleetOptions: FleetOptions = {
      workers,
      args: [...own, ...args],
      env: { HOST: place.address, PLACE: `${place.name}/`, ...env },
      within: place.within,
    };
    return new TestHost(options, new Fleet(app, fleetOptions));
  }

  get url(): string {
    return `http://${this.place.address}:${this.fleet.port}`;
  }

  /** Its number, as it begins its sids. */
  async number(): Promise<number> {
    return (await this.fleet.status()).hostNumber;
  }

  /** Everything of it, at once: SIGKILL. */
  async kill(): Promise<void> {
    const primary = this.fleet.process.pid ?? 0;
    const all = [primary, ...descendantsOf(primary)];
    // All at the same moment: nobody comes back to a part of it that is still there.
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) for (const pid of all) process.kill(pid, signal);
    await this.fleet.exited();
    await this.fleet.stop();
  }
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
