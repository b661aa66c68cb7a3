/** Proxy benchmark: what a run leaves behind, as it is written to bench/results/proxy.json. Types only. */

import type { WindowFigures } from "../measure/window.js";
import type { LoadName } from "../workloads.js";
import type { ContenderName } from "./contenders.js";

/** One window: one load, one contender, once. */
export type ProxyMeasurement = WindowFigures & {
  /** Over all stages. */
  readonly round: number;
  readonly contender: ContenderName;
  readonly load: LoadName;
  /** How often each failure happened, lead-in and closing included. */
  readonly failures: Readonly<Record<string, number>>;
  /** Sessions on each worker process, most loaded first. */
  readonly sessions: readonly number[];
  /** Processor time of each worker process in the window, busiest first. Microseconds. */
  readonly workerCpu: readonly number[];
};

/** How a run was made. Durations in milliseconds. */
export type ProxySettings = {
  readonly workers: number;
  /** How often all servers are started anew. */
  readonly stages: number;
  /** Windows of each contender and load in each stage. */
  readonly rounds: number;
  /** Sessions for each worker before the first window. */
  readonly warmUpSessions: number;
  /** Sessions that are open all along on each contender, as on any server that is in use. */
  readonly standing: number;
  /** Load before each window. */
  readonly leadIn: number;
  readonly measured: number;
  readonly threads: number;
};

export type ProxyResults = {
  readonly settings: ProxySettings;
  readonly environment: Readonly<Record<string, string>>;
  /** Contenders that could not run, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Stages that broke off, and why. */
  readonly errors: readonly string[];
  readonly measurements: readonly ProxyMeasurement[];
};
