/** Report: one line when a workload has been measured. Pure. */

import { totalOf } from "../load/tally.js";
import type { Measurement } from "../measure/results.js";
import { kilobytes, rounded } from "./format.js";

/** @param rounds of the whole run */
export function progressLine(measurement: Measurement, rounds: number): string {
  const { round, variant, workload, memory, sessions } = measurement;
  return [
    `round ${round + 1}/${rounds}`,
    variant.padEnd(8),
    workload.padEnd(9),
    `${rounded(measurement.cpuPerOperation)} µs/op`.padStart(12),
    `${rounded(measurement.operationsPerSecond)} op/s`.padStart(12),
    `p99 ${rounded(measurement.latency.p99)} ms`,
    memory === undefined ? "" : `${kilobytes(memory.total)} each`,
    `sessions ${sessions.join("/")}`,
    `failures ${totalOf(measurement.failures)}`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}
