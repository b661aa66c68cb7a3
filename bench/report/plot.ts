/** Report: processor time for each operation against control, as bars. Pure. */

import { LOAD_NAMES, LOADS, type LoadName } from "../workloads.js";
import { type Bar, barChart } from "./bar-chart.js";
import { decimal } from "./format.js";
import type { Summary } from "./summary.js";
import { RATIO_TARGETS } from "./targets.js";

/** @returns the text of an SVG file */
export function plot(summary: Summary): string {
  const { workers, rounds } = summary.settings;
  return barChart({
    label: "CPU time for each operation relative to control",
    heading: `CPU time for each operation, ${workers} workers`,
    note: "All server processes together, relative to control (every client connects straight to one process).",
    legend: `thin line: least to most of ${rounds} rounds · red: target`,
    mark: { at: 1, text: "control = 1" },
    atLeast: 1.5,
    groups: LOAD_NAMES.map((load) => ({ title: LOADS[load].title, bars: barsOf(summary, load) })).filter(
      ({ bars }) => bars.length > 0,
    ),
  });
}

/** Control is the line at 1, not a bar. */
function barsOf({ rows }: Summary, load: LoadName): Bar[] {
  return rows.flatMap(({ workload, variant, ratio }) => {
    if (workload !== load || variant === "control" || ratio === undefined) return [];
    const own = variant === "holdfast";
    const target = own ? RATIO_TARGETS[load] : undefined;
    return [{ label: variant, own, spread: ratio, text: decimal(ratio.median), target }];
  });
}
