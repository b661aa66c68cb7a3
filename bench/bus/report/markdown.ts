/** Bus benchmark, report: its section in docs/benchmarks.md, and the same for a terminal. Pure. */

import { environmentText, markdownTable } from "../../report/markdown.js";
import { terminalTable } from "../../report/terminal.js";
import { stallPlot } from "./stall-plot.js";
import type { BusSummary } from "./summary.js";
import { busTables, busTargetTable } from "./tables.js";

/** Everything that a run of `npm run bench:bus` has found. */
export function busMarkdown(summary: BusSummary): string {
  const failures = failureLines(summary).map((line) => `- ${line}`);
  const parts = [
    conditions(summary),
    "![CPU time for each delivered message, by size of the fleet](images/bus-fleet.svg)",
    ...(stallPlot(summary) === undefined
      ? []
      : ["![Memory and latency while one worker stands still](images/bus-stall.svg)"]),
    ...[busTargetTable(summary), ...busTables(summary)].map(markdownTable),
    ...(failures.length === 0 ? [] : [`Failures of all rounds:\n\n${failures.join("\n")}`]),
    ...summary.errors.map((error) => `A turn broke off: ${error}`),
  ];
  return parts.join("\n\n");
}

export function busTerminal(summary: BusSummary): string {
  const tables = [...busTables(summary), busTargetTable(summary)];
  return `\n${[...tables.map(terminalTable), ...failureLines(summary), ...summary.errors].join("\n")}\n`;
}

function conditions({ environment, settings }: BusSummary): string {
  const { rounds, sideRounds, measured } = settings;
  return (
    `${rounds} rounds, ${sideRounds} of the faults and of what no target needs, ${(measured / 1000).toFixed(1)} s measured. ` +
    `${environmentText(environment)}.`
  );
}

function failureLines({ rows }: BusSummary): string[] {
  return rows.flatMap(({ workload, variant, workers, failureKinds }) =>
    Object.entries(failureKinds).map(
      ([kind, count]) => `${workload}, ${variant}, ${workers} workers: ${count} × \`${kind}\``,
    ),
  );
}
