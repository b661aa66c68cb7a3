/** Bus benchmark, report: memory and latency over the time in which one worker stands still, as lines. Pure. */

import { rounded } from "../../report/format.js";
import { type Line, lineChart } from "../../report/line-chart.js";
import type { Slice, Stall } from "../results.js";
import { BUS_WORKLOADS } from "../workloads.js";
import type { BusSummary } from "./summary.js";
import { megabytes } from "./targets.js";

/** @returns the text of an SVG file, or undefined when nothing of it was measured */
export function stallPlot(summary: BusSummary): string | undefined {
  const runs = summary.rows
    .filter(({ workload }) => workload === "stall")
    .flatMap(({ variant, measurements }) => {
      const stall = measurements.at(-1)?.stall;
      return stall === undefined ? [] : [{ variant, stall }];
    });
  const [first] = runs;
  if (first === undefined) return undefined;
  const lines = (pick: (slice: Slice) => number | null): Line[] =>
    runs.map(({ variant, stall }) => ({
      label: variant,
      own: variant === "holdfast",
      points: pointsOf(stall, pick),
    }));
  return lineChart({
    label: "Memory and latency while one worker stands still",
    heading: capital(BUS_WORKLOADS.stall.title),
    note: "Last round, a point for each quarter of a second; sticky is @socket.io/cluster-adapter.",
    axis: "seconds",
    band: { ...stoppedTime(first.stall), text: "stopped" },
    panels: [
      {
        title: "memory of the largest living process",
        format: megabytes,
        lines: lines(({ mostMemory }) => mostMemory),
      },
      {
        title: "p99 of deliveries between the others",
        format: (value) => `${value === 0 ? "0" : rounded(value)} ms`,
        lines: lines(({ p99 }) => p99),
      },
    ],
  });
}

/** A slice without a delivery has no latency, and no point. */
function pointsOf({ slices }: Stall, pick: (slice: Slice) => number | null): Line["points"] {
  return slices.flatMap((slice) => {
    const y = pick(slice);
    return y === null ? [] : [{ x: slice.at / 1000, y }];
  });
}

function stoppedTime({ slices }: Stall): { from: number; to: number } {
  const last = (phase: Slice["phase"]): number =>
    (slices.findLast((slice) => slice.phase === phase)?.at ?? 0) / 1000;
  return { from: last("before"), to: last("stopped") };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
