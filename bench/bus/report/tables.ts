/** Bus benchmark, report: the cells of all tables, for terminal and documentation alike. Pure. */

import { decimal, rounded } from "../../report/format.js";
import { spreadOf } from "../../report/statistics.js";
import { type Table, verdictTable } from "../../report/table.js";
import { withRange } from "../../report/targets.js";
import type { Kill, Phase } from "../results.js";
import { BUS_WORKLOADS, type BusName, COST_NAMES } from "../workloads.js";
import { type BusRow, type BusSummary, cpuAgainst, rowIn } from "./summary.js";
import { busVerdicts, megabytes } from "./targets.js";

export function busTargetTable(summary: BusSummary): Table {
  return verdictTable("The bus against its targets", busVerdicts(summary));
}

/** One table for each workload that was measured. */
export function busTables(summary: BusSummary): Table[] {
  const tables = [
    ...COST_NAMES.map((workload) => costTable(summary, workload)),
    table(summary, "kill", KILL_COLUMNS),
    table(summary, "stall", STALL_COLUMNS),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

type Column = readonly [head: string, cell: (row: BusRow) => string];

const WHO: readonly Column[] = [
  ["variant", ({ variant }) => variant],
  ["workers", ({ workers }) => String(workers)],
];

/** The room is compared with one process, all else with the peer. */
function costTable(summary: BusSummary, workload: BusName): Table {
  const against = workload === "room" ? "single" : "sticky";
  const other = ({ workers }: BusRow) =>
    ({ variant: against, workers: workload === "room" ? 1 : workers }) as const;
  const ratio = (row: BusRow): string => {
    const spread = cpuAgainst(row, rowIn(summary, workload, other(row)));
    return spread === undefined || row.variant === against ? "" : withRange(spread, decimal);
  };
  const acks: readonly Column[] = [["acks received · twice · messages to bystanders", acksText]];
  return table(summary, workload, [
    ...WHO,
    ["CPU µs each", ({ cost }) => (cost ? rounded(cost.cpu.median) : "")],
    ["without idle", ({ cost }) => (cost ? rounded(cost.net.median) : "")],
    [`against ${against}`, ratio],
    ["deliveries/s", ({ cost }) => (cost ? rounded(cost.perSecond.median) : "")],
    ["p50 ms", ({ cost }) => (cost ? rounded(cost.p50.median) : "")],
    ["p99 ms", ({ cost }) => (cost ? rounded(cost.p99.median) : "")],
    ...(workload === "acks" ? acks : []),
    ["failures", ({ failures }) => failures.toLocaleString("en-US")],
  ]);
}

const KILL_COLUMNS: readonly Column[] = [
  ...WHO,
  ["fetchSockets() ms", killText("fetchSockets")],
  ["its outcome", outcomeText("fetchSockets")],
  ["serverSideEmit() ms", killText("serverSideEmit")],
  ["its outcome", outcomeText("serverSideEmit")],
  ["failures", ({ failures }) => failures.toLocaleString("en-US")],
];

const STALL_COLUMNS: readonly Column[] = [
  ...WHO,
  ["largest process before · stopped · after", phasesText(({ mostMemory }) => megabytes(mostMemory))],
  ["p99 ms before · stopped · after", phasesText(({ p99 }) => (p99 === null ? "none" : rounded(p99)))],
  ["to the stopped one: sent", (row) => lastStall(row, ({ sent }) => sent)],
  ["received", (row) => lastStall(row, ({ received }) => received)],
  ["told lost", (row) => lastStall(row, ({ toldLost }) => toldLost)],
  ["caught up after ms", (row) => lastStall(row, ({ caughtUpAfter }) => caughtUpAfter)],
  ["failures", ({ failures }) => failures.toLocaleString("en-US")],
];

function table({ rows }: BusSummary, workload: BusName, columns: readonly Column[]): Table {
  return {
    title: BUS_WORKLOADS[workload].title,
    head: columns.map(([head]) => head),
    rows: rows.filter((row) => row.workload === workload).map((row) => columns.map(([, cell]) => cell(row))),
  };
}

function acksText({ measurements }: BusRow): string {
  const acks = measurements.flatMap((one) => one.acks ?? []);
  const median = (pick: (one: (typeof acks)[number]) => number): string =>
    Math.round(spreadOf(acks.map(pick)).median).toLocaleString("en-US");
  const counted = acks.every(({ bystanders }) => bystanders !== undefined);
  const bystanders = counted ? median((one) => one.bystanders ?? 0) : "not counted";
  return `${median(({ received }) => received)} · ${median(({ duplicates }) => duplicates)} · ${bystanders}`;
}

function killText(what: keyof Kill): Column[1] {
  return ({ measurements }) =>
    withRange(spreadOf(measurements.flatMap(({ kill }) => kill?.[what].after ?? [])), rounded);
}

function outcomeText(what: keyof Kill): Column[1] {
  return ({ measurements }) => {
    const settled = measurements.flatMap(({ kill }) => kill?.[what] ?? []);
    const texts = settled.map(({ answers, expected, error }) => {
      const counts = `${answers} of ${expected} answers`;
      return error === null ? counts : `${counts}, error \`${error}\``;
    });
    return [...new Set(texts)].join("; ");
  };
}

function phasesText(pick: (figures: { p99: number | null; mostMemory: number }) => string): Column[1] {
  return (row) => {
    const phases = stallsOf(row).at(-1)?.phases;
    const order: readonly Phase[] = ["before", "stopped", "after"];
    return phases === undefined ? "" : order.map((phase) => pick(phases[phase])).join(" · ");
  };
}

type StallOf = ReturnType<typeof stallsOf>[number];

/** The numbers of one run belong together, so these are of the last round. */
function lastStall(row: BusRow, pick: (stall: StallOf) => number | undefined): string {
  const stall = stallsOf(row).at(-1);
  const value = stall === undefined ? undefined : pick(stall);
  return value === undefined ? "unknown" : Math.round(value).toLocaleString("en-US");
}

function stallsOf({ measurements }: BusRow) {
  return measurements.flatMap(({ stall }) => stall ?? []);
}
