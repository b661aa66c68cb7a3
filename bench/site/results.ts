/** Site benchmark: what a run leaves behind, as it is written to bench/results/site.json. Types only. */

import type { WindowFigures } from "../measure/window.js";
import type { SiteVariant, SiteWorkload } from "./workloads.js";

/** One contender, one workload, once. */
export type SiteMeasurement = {
  readonly round: number;
  readonly variant: SiteVariant;
  readonly workload: SiteWorkload;
  /** An operation is one delivered message. Redis and bridges count as servers. */
  readonly figures: WindowFigures;
  /** Processor time in a second in which nothing is sent. Microseconds. */
  readonly idleCpu: number;
  /** Broadcasts in the window. */
  readonly broadcasts: number;
  readonly redis: RedisWork;
  /** Of each bridge, in the order of the hosts, in the window; of the others there are none. */
  readonly bridges: readonly BridgeWork[];
  /** How often each failure happened, warm-up included. */
  readonly failures: Readonly<Record<string, number>>;
};

/** What Redis did in the window. */
export type RedisWork = {
  /** PUBLISH, SPUBLISH and XADD. */
  readonly messages: number;
  /** Bytes that it read and wrote. */
  readonly read: number;
  readonly written: number;
  /** Processor time. Microseconds. */
  readonly cpu: number;
};

export type BridgeWork = {
  readonly published: number;
  readonly received: number;
  /** Processor time. Microseconds. */
  readonly cpu: number;
};

/** How a run was made. Durations in milliseconds. */
export type SiteSettings = {
  readonly rounds: number;
  readonly measured: number;
  readonly idle: number;
  /** Share of the usual warm-up. */
  readonly warmUp: number;
};

export type SiteResults = {
  readonly settings: SiteSettings;
  readonly environment: Readonly<Record<string, string>>;
  /** Turns that broke off, and why. */
  readonly errors: readonly string[];
  readonly measurements: readonly SiteMeasurement[];
  /** Processor time of a bridge for a message out and in, medians; for `npm run bench:scale`. Microseconds. */
  readonly bridge?: { readonly bridgeOut: number; readonly bridgeIn: number };
};
