/** Site benchmark, report: its section in docs/benchmarks.md, and the same for a terminal. Pure. */

import { addCounts, totalOf } from "../../load/tally.js";
import { decimal, rounded } from "../../report/format.js";
import { environmentText, markdownTable } from "../../report/markdown.js";
import { type Spread, spreadOf } from "../../report/statistics.js";
import { type Table, verdictTable } from "../../report/table.js";
import { withRange } from "../../report/targets.js";
import { terminalTable } from "../../report/terminal.js";
import type { SiteMeasurement, SiteResults } from "../results.js";
import { LOADS, SITE_VARIANTS, SITE_WORKLOADS, type SiteVariant, VARIANT_TITLES } from "../workloads.js";
import { siteVerdicts } from "./verdicts.js";

/** Everything that a run of `npm run bench:site` has found. */
export function siteMarkdown(results: SiteResults): string {
  const { rounds, measured } = results.settings;
  const conditions = `${rounds} rounds, ${(measured / 1000).toFixed(1)} s measured. ${environmentText(results.environment)}.`;
  const failures = failureLines(results).map((line) => `- ${line}`);
  return [
    conditions,
    ...tablesOf(results).map(markdownTable),
    ...(failures.length === 0 ? [] : [`Failures of all rounds:\n\n${failures.join("\n")}`]),
    ...results.errors.map((error) => `A turn broke off: ${error}`),
  ].join("\n\n");
}

export function siteTerminal(results: SiteResults): string {
  const tables = tablesOf(results).map(terminalTable);
  return `\n${[...tables, ...failureLines(results), ...results.errors].join("\n")}\n`;
}

function tablesOf(results: SiteResults): Table[] {
  const verdicts = verdictTable("Two hosts against their targets", siteVerdicts(results));
  const loads = SITE_WORKLOADS.flatMap((workload) => {
    const own = results.measurements.filter((one) => one.workload === workload);
    return own.length === 0 ? [] : [loadTable(LOADS[workload].title, own)];
  });
  return [...(verdicts.rows.length === 0 ? [] : [verdicts]), ...loads];
}

type Column = readonly [head: string, of: (one: SiteMeasurement) => number, text: (value: Spread) => string];

const median = ({ median }: Spread): string => rounded(median);

const COLUMNS: readonly Column[] = [
  ["CPU µs each", ({ figures }) => figures.cpuPerOperation, (spread) => withRange(spread, rounded)],
  ["of it Redis", ({ redis, figures }) => redis.cpu / figures.operations, median],
  [
    "of it bridges",
    ({ bridges, figures }) => bridges.reduce((sum, { cpu }) => sum + cpu, 0) / figures.operations,
    median,
  ],
  ["deliveries/s", ({ figures }) => figures.operationsPerSecond, median],
  ["p50 ms", ({ figures }) => figures.latency.p50, median],
  ["p99 ms", ({ figures }) => figures.latency.p99, median],
  [
    "messages on Redis for each broadcast",
    ({ redis, broadcasts }) => redis.messages / broadcasts,
    ({ median: value }) => decimal(value),
  ],
  ["bytes into Redis", ({ redis, broadcasts }) => redis.read / broadcasts, median],
  ["and out of it", ({ redis, broadcasts }) => redis.written / broadcasts, median],
];

function loadTable(title: string, own: readonly SiteMeasurement[]): Table {
  const rowOf = (variant: SiteVariant): string[][] => {
    const found = own.filter((one) => one.variant === variant);
    if (found.length === 0) return [];
    const cells = COLUMNS.map(([, of, text]) => text(spreadOf(found.map(of))));
    const failures = found.reduce((sum, one) => sum + totalOf(one.failures), 0);
    return [[VARIANT_TITLES[variant], ...cells, String(failures)]];
  };
  return {
    title,
    head: ["contender", ...COLUMNS.map(([head]) => head), "failures"],
    rows: SITE_VARIANTS.flatMap(rowOf),
  };
}

function failureLines({ measurements }: SiteResults): string[] {
  return SITE_WORKLOADS.flatMap((workload) =>
    SITE_VARIANTS.flatMap((variant) => {
      const own = measurements.filter((one) => one.workload === workload && one.variant === variant);
      const kinds = addCounts(own.map(({ failures }) => failures));
      return Object.entries(kinds).map(([kind, count]) => `${workload}, ${variant}: ${count} × \`${kind}\``);
    }),
  );
}
