/** Metrics, pure: what a metric is. Labels have few values, all known in advance or numbers of slots: never a pid, sid, room or address. */

import type { FleetStatus } from "../protocol/status.js";

export type Sample = { readonly labels?: Readonly<Record<string, string | number>>; readonly value: number };

export type Metric = {
  /** In base units; a counter's ends with `_total`. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** One sentence. */
  readonly help: string;
  /** Nothing: it is left out. */
  readonly read: (status: FleetStatus) => readonly Sample[];
};

/** One sample without labels. @param value null: there is none */
export function only(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [{ value }];
}
