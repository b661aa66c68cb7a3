/** Handoff benchmark: what a run leaves behind, as it is written to bench/results/handoff.json. Types only. */

import type { Kind, Quantiles, TrafficReport } from "../../test/helpers/traffic/report.js";

/** How a run was made. Durations in milliseconds. */
export type HandoffSettings = {
  readonly crowd: {
    readonly workers: number;
    readonly clients: Readonly<Partial<Record<Kind, number>>>;
    /** In a row. */
    readonly reloads: number;
    /** New clients in a second, all through. */
    readonly newcomers: number;
    /** From one number that a client says to the next; the app's own streams have the same pace. */
    readonly every: number;
  };
  /** Undefined in figures of before this was measured. */
  readonly scale?: {
    readonly workers: number;
    /** Numbers of workers, one after another. */
    readonly to: readonly number[];
    readonly clients: Readonly<Partial<Record<Kind, number>>>;
    readonly newcomers: number;
    readonly every: number;
  };
  readonly pauses: {
    /** WebSocket sessions of the one worker that is replaced. */
    readonly sessions: readonly number[];
    readonly reloads: number;
    readonly every: number;
  };
  /** Of traffic before the first reload and behind each. */
  readonly between: number;
};

/** One reload, or one change of the number of workers. */
export type MeasuredReload = {
  /** To so many workers; undefined: a reload. */
  readonly workers?: number;
  /** Why it failed. */
  readonly failed?: string;
  /** How long it took. Milliseconds. */
  readonly ms: number;
  readonly moved: number;
  readonly closed: number;
  readonly stayed: Readonly<Record<string, number>>;
  /** As the workers measure it: from the last reading of a session in the old one to the first in the new one. Milliseconds. */
  readonly longestPause: number;
  /** Of the worker where they were longest; undefined where nothing moved. */
  readonly pauses?: { readonly p50: number; readonly p99: number };
  /** Of an echo, as the clients see it, while the reload ran. */
  readonly rtt: Quantiles;
};

/** One crowd, through reloads or other changes in a row. */
export type MeasuredCrowd = {
  readonly clients: number;
  /** Of an echo before the first reload. */
  readonly rtt: Quantiles;
  readonly reloads: readonly MeasuredReload[];
  /** Everything that clients of a perfect server would not have seen. */
  readonly flaws: readonly string[];
  readonly report: TrafficReport;
};

export type MeasuredPause = MeasuredCrowd & { readonly sessions: number };

export type HandoffResults = {
  readonly settings: HandoffSettings;
  /** Where and when: processor, cores, kernel, versions, date. */
  readonly environment: Readonly<Record<string, string>>;
  /** Turns that broke off, and why. */
  readonly errors: readonly string[];
  readonly crowd?: MeasuredCrowd;
  readonly scaled?: MeasuredCrowd;
  readonly pauses: readonly MeasuredPause[];
};
