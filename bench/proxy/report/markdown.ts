/** Proxy benchmark, report: its section in docs/benchmarks.md, and the same for a terminal. Pure. */

import { decimal, rounded } from "../../report/format.js";
import { environmentText, markdownTable } from "../../report/markdown.js";
import type { Spread } from "../../report/statistics.js";
import { type Table, verdictTable } from "../../report/table.js";
import { withRange } from "../../report/targets.js";
import { terminalTable } from "../../report/terminal.js";
import { LOAD_NAMES, LOADS, type LoadName } from "../../workloads.js";
import { BASE, CONTENDERS } from "../contenders.js";
import type { ProxyRow, ProxySummary } from "./summary.js";
import { evennessText, proxyVerdicts } from "./targets.js";

/** Everything that a run of `npm run bench:proxy` has found. */
export function proxyMarkdown(summary: ProxySummary): string {
  const failures = failureLines(summary).map((line) => `- ${line}`);
  return [
    conditions(summary),
    ...tablesOf(summary).map(markdownTable),
    ...(failures.length === 0 ? [] : [`Failures of all rounds:\n\n${failures.join("\n")}`]),
    ...Object.entries(summary.leftOut).map(([name, reason]) => `Left out: ${name}, because ${reason}.`),
    ...summary.errors.map((error) => `A stage broke off: ${error}`),
  ].join("\n\n");
}

export function proxyTerminal(summary: ProxySummary): string {
  const tables = tablesOf(summary).map(terminalTable);
  return `\n${[...tables, ...failureLines(summary), ...summary.errors].join("\n")}\n`;
}

function tablesOf(summary: ProxySummary): Table[] {
  const targets = verdictTable("nginx with sid against its targets", proxyVerdicts(summary));
  const tables = [targets, ...LOAD_NAMES.map((load) => loadTable(load, summary))];
  return tables.filter(({ rows }) => rows.length > 0);
}

type Column = readonly [head: string, cell: (row: ProxyRow) => string];

const COLUMNS: readonly Column[] = [
  ["what stands in front", ({ contender }) => CONTENDERS[contender].title],
  ["CPU µs/op", ({ cpu }) => rounded(cpu.median)],
  ["of it workers", ({ workers }) => rounded(workers.median)],
  [`against ${CONTENDERS[BASE].title}`, ratioText],
  ["cores busy", ({ cores }) => decimal(cores.median)],
  ["CPU of busiest / idlest worker", ({ busiest, idlest }) => `${percent(busiest)} / ${percent(idlest)}`],
  ["sessions, most / least", ({ evenness }) => evennessText(evenness.median)],
  ["op/s", ({ operationsPerSecond }) => rounded(operationsPerSecond.median)],
  ["p50 ms", ({ p50 }) => rounded(p50.median)],
  ["p99 ms", ({ p99 }) => rounded(p99.median)],
  ["failures", ({ failures }) => failures.toLocaleString("en-US")],
];

function loadTable(load: LoadName, { rows }: ProxySummary): Table {
  return {
    title: LOADS[load].title,
    head: COLUMNS.map(([head]) => head),
    rows: rows.filter((row) => row.load === load).map((row) => COLUMNS.map(([, cell]) => cell(row))),
  };
}

function ratioText({ contender, ratio }: ProxyRow): string {
  return ratio === undefined || contender === BASE ? "" : withRange(ratio, decimal);
}

const percent = ({ median }: Spread): string => `${Math.round(median * 100)} %`;

function conditions({ environment, settings }: ProxySummary): string {
  const { workers, stages, rounds, warmUpSessions, standing, measured, threads } = settings;
  return (
    `${workers} workers, ${stages} × ${rounds} rounds, warm-up of ${warmUpSessions} sessions for each worker, ` +
    `${standing} standing sessions, ${(measured / 1000).toFixed(1)} s measured, ${threads} client threads. ${environmentText(environment)}.`
  );
}

function failureLines({ rows }: ProxySummary): string[] {
  return rows.flatMap(({ load, contender, failureKinds }) =>
    Object.entries(failureKinds).map(([kind, count]) => `${load}, ${contender}: ${count} × \`${kind}\``),
  );
}
