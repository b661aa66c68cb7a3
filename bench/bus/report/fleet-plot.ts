/** Bus benchmark, report: what a message between two workers costs in fleets of several sizes, as bars. Pure. */

import { type Bar, barChart } from "../../report/bar-chart.js";
import { rounded } from "../../report/format.js";
import { BUS_WORKLOADS, type BusName } from "../workloads.js";
import { type BusSummary, rowIn } from "./summary.js";
import { RATIO_TARGETS } from "./targets.js";

const WORKLOADS = ["pairs", "private"] as const satisfies readonly BusName[];

/** @returns the text of an SVG file */
export function fleetPlot(summary: BusSummary): string {
  return barChart({
    label: "CPU time for each delivered message, by size of the fleet",
    heading: "CPU time for each delivered message",
    note: "Microseconds of all server processes together; sticky is @socket.io/cluster-adapter.",
    legend: `thin line: least to most of ${summary.settings.rounds} rounds · red: target`,
    atLeast: 0,
    groups: WORKLOADS.flatMap((workload) => groupsOf(summary, workload)),
  });
}

function groupsOf(summary: BusSummary, workload: BusName) {
  const { title, contenders } = BUS_WORKLOADS[workload];
  const sizes = [...new Set(contenders.map(({ workers }) => workers))].sort((a, b) => a - b);
  return sizes.map((workers) => ({
    title: `${title}, fleet of ${workers}`,
    bars: barsOf(summary, workload, workers),
  }));
}

function barsOf(summary: BusSummary, workload: BusName, workers: number): Bar[] {
  return (["holdfast", "sticky"] as const).flatMap((variant) => {
    const cpu = rowIn(summary, workload, { variant, workers })?.cost?.cpu;
    if (cpu === undefined) return [];
    const own = variant === "holdfast";
    const target = own ? targetOf(summary, workload, workers) : undefined;
    return [{ label: variant, own, spread: cpu, text: rounded(cpu.median), target }];
  });
}

/** A share of what the peer took, where there is such a target. */
function targetOf(summary: BusSummary, workload: BusName, workers: number): number | undefined {
  const target = RATIO_TARGETS.find(
    ({ other, ...given }) =>
      given.workload === workload && other.variant === "sticky" && other.workers === workers,
  );
  const cpu = target && rowIn(summary, workload, target.other)?.cost?.cpu;
  return cpu && cpu.median * target.most;
}
