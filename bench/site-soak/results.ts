/** Soak of a site: what a run leaves behind, as it is written to bench/results/site-soak.json. Types only. */

import type { TrafficReport } from "../../test/helpers/traffic/report.js";

/** Durations in milliseconds. */
export type SoakSettings = {
  /** Before each kind of nginx. */
  readonly traffic: number;
  readonly clients: number;
  /** Redis stands still for so long. */
  readonly away: number;
  readonly hosts: number;
  readonly workers: number;
  readonly lease: number;
};

export type SoakPhase = {
  readonly name: string;
  readonly ms: number;
  /** What nobody may see, in words. */
  readonly flaws: readonly string[];
  /** What the fault explains: losses between hosts, and reconnections of the clients of a host that died. */
  readonly explained: readonly string[];
  /** How often each host was asked how many there are, and how often it told another number than was right. */
  readonly counts: { readonly asked: number; readonly wrong: number };
  readonly report: Omit<TrafficReport, "farLosses">;
};

export type SoakResults = {
  readonly settings: SoakSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly phases: readonly SoakPhase[];
};
