/** Site benchmark, report: one line when a turn has ended. Pure. */

import { totalOf } from "../../load/tally.js";
import { rounded } from "../../report/format.js";
import type { SiteMeasurement } from "../results.js";

/** @param rounds of the whole run */
export function siteProgressLine(measurement: SiteMeasurement, rounds: number): string {
  const { round, variant, workload, figures, redis, broadcasts, failures } = measurement;
  return [
    `round ${round + 1}/${rounds}`,
    workload.padEnd(6),
    variant.padEnd(13),
    `${rounded(figures.cpuPerOperation)} µs each`,
    `${rounded(figures.operationsPerSecond)}/s`,
    `p99 ${rounded(figures.latency.p99)} ms`,
    `${rounded(redis.messages / broadcasts)} messages on Redis for each broadcast`,
    `failures ${totalOf(failures)}`,
  ].join("  ");
}
