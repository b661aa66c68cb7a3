/** Report: what holdfast must reach against `control`, and whether it did. Pure. */

import { LOADS, type LoadName } from "../workloads.js";
import { decimal, signedBytes } from "./format.js";
import type { Spread } from "./statistics.js";
import type { Row, Summary } from "./summary.js";

/** At most so many times the processor time of `control` for each operation. */
export const RATIO_TARGETS: Readonly<Record<LoadName, number>> = {
  echo: 1.05,
  websocket: 1.15,
  upgrade: 1.5,
  polling: 1.5,
};

/** At most so many bytes more than `control` for each idle connection. */
export const MEMORY_TARGET = 1_000;

export type Verdict = {
  readonly what: string;
  readonly target: string;
  /** Median, and the least and most of the rounds. */
  readonly measured: string;
  readonly met: boolean;
};

/** @returns nothing when holdfast or control was not measured */
export function verdictsOf({ rows }: Summary): Verdict[] {
  const own = rows.filter(({ variant }) => variant === "holdfast");
  if (own.length === 0) return [];
  return [...own.flatMap(ratioVerdict), ...own.flatMap(memoryVerdict), failureVerdict(own)];
}

function ratioVerdict({ workload, ratio }: Row): Verdict[] {
  if (workload === "idle" || ratio === undefined) return [];
  const target = RATIO_TARGETS[workload];
  return [
    {
      what: LOADS[workload].title,
      target: `at most ${decimal(target)}`,
      measured: withRange(ratio, decimal),
      met: ratio.median <= target,
    },
  ];
}

function memoryVerdict({ memory }: Row): Verdict[] {
  if (memory?.extra === undefined) return [];
  return [
    {
      what: "idle WebSocket connection, memory",
      target: `at most ${signedBytes(MEMORY_TARGET)}`,
      measured: withRange(memory.extra, signedBytes),
      met: memory.extra.median <= MEMORY_TARGET,
    },
  ];
}

function failureVerdict(own: readonly Row[]): Verdict {
  const failures = own.reduce((total, row) => total + row.failures, 0);
  const row = own.some(({ workload }) => workload === "idle");
  const what = row ? "failures, connects one after another included" : "failures";
  return { what, target: "0", measured: String(failures), met: failures === 0 };
}

export function withRange({ median, least, most }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(least)} to ${format(most)})`;
}
