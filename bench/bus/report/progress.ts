/** Bus benchmark, report: one line when a turn has ended. Pure. */

import { totalOf } from "../../load/tally.js";
import { rounded } from "../../report/format.js";
import type { BusMeasurement } from "../results.js";

/** @param rounds of the whole run */
export function busProgressLine(measurement: BusMeasurement, rounds: number): string {
  const { round, variant, workers, workload, cost } = measurement;
  return [
    `round ${round + 1}/${rounds}`,
    workload.padEnd(7),
    variant.padEnd(8),
    `${workers} workers`.padStart(10),
    cost === undefined
      ? ""
      : `${rounded(cost.cpuPerOperation)} µs each (${rounded(cost.netCpuPerOperation)} net)  ${rounded(cost.operationsPerSecond)}/s  p99 ${rounded(cost.latency.p99)} ms`,
    `failures ${totalOf(measurement.failures)}`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}
