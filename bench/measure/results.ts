/** Benchmark: what a run leaves behind, as it is written to bench/results/*.json. Types only. */

import type { VariantName } from "../servers/variant.js";
import type { WorkloadName } from "../workloads.js";

/** Figures of one workload against one variant in one round. */
export type Measurement = {
  readonly round: number;
  readonly variant: VariantName;
  readonly workload: WorkloadName;
  /** Operations in the measured time; for `idle`, connects one after another. */
  readonly operations: number;
  readonly operationsPerSecond: number;
  /** Processor time of all server processes for each operation. Microseconds. */
  readonly cpuPerOperation: number;
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** How often each failure happened, warm-up and closing included. */
  readonly failures: Readonly<Record<string, number>>;
  /** Sessions on each server process, most loaded first. */
  readonly sessions: readonly number[];
  /** Only `idle`: growth of all server processes for each idle connection. Bytes. */
  readonly memory?: ConnectionMemory;
};

export type ConnectionMemory = {
  /** Of their proportional set size, without what V8 keeps free: that depends on the moment, not on connections. */
  readonly total: number;
  /** Of live JavaScript objects and buffers in the processes that have sessions. */
  readonly javascript: number;
  /** Of their proportional set size as it is. */
  readonly withFreeHeap: number;
};

/** How a run was made. Durations in milliseconds. */
export type RunSettings = {
  readonly workers: number;
  readonly rounds: number;
  /** Sessions for each worker before the window; V8 compiles by use, not by time. */
  readonly warmUpSessions: number;
  readonly measured: number;
  readonly threads: number;
  readonly sharedConnections: boolean;
  /** `idle`: sessions opened one after another. */
  readonly rowOfConnects: number;
  /** `idle`: sessions opened at once, before memory is read the first time, and between the two readings. */
  readonly idleBefore: number;
  readonly idleConnections: number;
};

export type RunResults = {
  readonly settings: RunSettings;
  /** Where and when: processor, cores, kernel, versions, date. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variants that could not run, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** Turns that broke off, and why. */
  readonly errors: readonly string[];
  readonly measurements: readonly Measurement[];
};
