/** Bus benchmark: what a run leaves behind, as it is written to bench/results/bus.json. Types only. */

import type { Measurement } from "../measure/results.js";
import type { WindowFigures } from "../measure/window.js";
import type { BusName, Contender } from "./workloads.js";

/** One contender in one round: with `cost` for a load, `kill` or `stall` for a fault. */
export type BusMeasurement = Contender &
  Pick<Measurement, "round" | "failures"> & {
    readonly workload: BusName;
    /** Connects that were given up while the sessions were placed. */
    readonly unopened: number;
    readonly cost?: Cost;
    readonly acks?: Acks;
    readonly kill?: Kill;
    readonly stall?: Stall;
  };

/** An operation is one delivered message; with acks, one that was answered. */
export type Cost = WindowFigures & {
  /** Processor time of all server processes in a second in which nothing is sent. Microseconds. */
  readonly idleCpu: number;
  /** What is left of `cpuPerOperation` without it. */
  readonly netCpuPerOperation: number;
};

/** Of 60 broadcasts to 200 members, beside the window. */
export type Acks = {
  readonly broadcasts: number;
  readonly expected: number;
  /** Answers in the callbacks of the worker that asked. */
  readonly received: number;
  readonly duplicates: number;
  /** Messages that reached the other workers beside the broadcasts; undefined where that cannot be counted. */
  readonly bystanders: number | undefined;
};

/** From the kill until the answer, for the worker that had asked before. */
export type Kill = Readonly<Record<"fetchSockets" | "serverSideEmit", Settled>>;

export type Settled = {
  /** Milliseconds. */
  readonly after: number;
  /** Sockets, or answers of workers. */
  readonly answers: number;
  /** As many as the living have. */
  readonly expected: number;
  /** The sentence of the error, or null. */
  readonly error: string | null;
};

export type Stall = {
  readonly phases: Readonly<Record<Phase, PhaseFigures>>;
  /** One for each slice of time, in order. */
  readonly slices: readonly Slice[];
  /** Broadcasts, times the members on the stopped worker. */
  readonly sent: number;
  readonly received: number;
  /** Deliveries that the members missed, as they see it. */
  readonly missing: number;
  /** Messages that the stopped worker was told it lost, times its members; undefined where nobody tells. */
  readonly toldLost: number | undefined;
  /** From the end of the stop until the members there were not behind any more; undefined when they still were. Milliseconds. */
  readonly caughtUpAfter: number | undefined;
};

export type Phase = "before" | "stopped" | "after";

export type PhaseFigures = {
  /** Of deliveries between living workers. Milliseconds; null when nothing was delivered. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly deliveries: number;
  /** Of the largest living process of the tree, primary included. Bytes. */
  readonly mostMemory: number;
};

export type Slice = PhaseFigures & {
  /** The end of the slice, from that of the first. Milliseconds. */
  readonly at: number;
  readonly phase: Phase;
  /** Deliveries that the members on the stopped worker have neither received nor skipped. */
  readonly behind: number;
};

/** How a run was made. Durations in milliseconds. */
export type BusSettings = {
  readonly rounds: number;
  /** Rounds of the faults, and of the contenders that no target needs: the first ones. */
  readonly sideRounds: number;
  readonly measured: number;
  readonly idle: number;
  /** Share of the usual warm-up. */
  readonly warmUp: number;
  readonly stall: Readonly<Record<Phase, number>>;
};

export type BusResults = {
  readonly settings: BusSettings;
  /** Where and when: processor, cores, kernel, versions, date. */
  readonly environment: Readonly<Record<string, string>>;
  /** Turns that broke off, and why. */
  readonly errors: readonly string[];
  readonly measurements: readonly BusMeasurement[];
};
