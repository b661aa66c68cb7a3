/** Report: the cells of all tables, for terminal and documentation alike. Pure. */

import { LOADS, type WorkloadName } from "../workloads.js";
import { decimal, kilobytes, rounded, signedBytes } from "./format.js";
import type { Row, Summary } from "./summary.js";
import { type Verdict, verdictsOf } from "./targets.js";

export type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export function targetTable(summary: Summary): Table {
  return verdictTable(`holdfast against control, ${summary.settings.workers} workers`, verdictsOf(summary));
}

export function verdictTable(title: string, verdicts: readonly Verdict[]): Table {
  return {
    title,
    head: ["work", "target", "median (least to most)", "verdict"],
    rows: verdicts.map(({ what, target, measured, met }) => [what, target, measured, met ? "ok" : "missed"]),
  };
}

/** One table for each workload that was measured. */
export function workloadTables({ rows, settings }: Summary): Table[] {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  return workloads.map((workload) => {
    const own = rows.filter((row) => row.workload === workload);
    const columns = workload === "idle" ? IDLE_COLUMNS : LOAD_COLUMNS;
    return {
      title: titleOf(workload, settings.rowOfConnects),
      head: columns.map(([head]) => head),
      rows: own.map((row) => columns.map(([, cell]) => cell(row))),
    };
  });
}

type Column = readonly [head: string, cell: (row: Row) => string];

const LOAD_COLUMNS: readonly Column[] = [
  ["variant", ({ variant }) => variant],
  ["CPU µs/op", ({ cpu }) => rounded(cpu.median)],
  ["against control", ratioText],
  ["op/s", ({ operationsPerSecond }) => rounded(operationsPerSecond.median)],
  ["p50 ms", ({ p50 }) => rounded(p50.median)],
  ["p99 ms", ({ p99 }) => rounded(p99.median)],
  ["failures", ({ failures }) => failures.toLocaleString("en-US")],
  ["sessions on most and least loaded worker", sessionsText],
];

const IDLE_COLUMNS: readonly Column[] = [
  ["variant", ({ variant }) => variant],
  ["memory each", ({ memory }) => (memory ? kilobytes(memory.total.median) : "")],
  ["against control", ({ memory }) => (memory?.extra ? signedBytes(memory.extra.median) : "")],
  ["of it JavaScript", ({ memory }) => (memory ? kilobytes(memory.javascript.median) : "")],
  ["connects/s", ({ operationsPerSecond }) => rounded(operationsPerSecond.median)],
  ["p50 ms", ({ p50 }) => rounded(p50.median)],
  ["p99 ms", ({ p99 }) => rounded(p99.median)],
  ["failures", ({ failures }) => failures.toLocaleString("en-US")],
  ["sessions on most and least loaded worker", sessionsText],
];

function titleOf(workload: WorkloadName, rowOfConnects: number): string {
  if (workload !== "idle") return LOADS[workload].title;
  return `${rowOfConnects.toLocaleString("en-US")} WebSocket connects one after another, and idle connections`;
}

function ratioText({ variant, ratio }: Row): string {
  if (ratio === undefined || variant === "control") return "";
  return `${decimal(ratio.median)} (${decimal(ratio.least)} to ${decimal(ratio.most)})`;
}

function sessionsText({ sessions: { most, least } }: Row): string {
  return `${most.toLocaleString("en-US")} / ${least.toLocaleString("en-US")}`;
}
