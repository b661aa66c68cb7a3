/** Proxy benchmark, report: one line when a window has ended. Pure. */

import { totalOf } from "../../load/tally.js";
import { rounded } from "../../report/format.js";
import type { ProxyMeasurement, ProxySettings } from "../results.js";
import { coresOf } from "./summary.js";

export function proxyProgressLine(measurement: ProxyMeasurement, { stages, rounds }: ProxySettings): string {
  const { round, contender, load, sessions } = measurement;
  return [
    `round ${round + 1}/${stages * rounds}`,
    load.padEnd(9),
    contender.padEnd(13),
    `${rounded(measurement.cpuPerOperation)} µs/op`.padStart(12),
    `${rounded(measurement.operationsPerSecond)} op/s`.padStart(12),
    `${coresOf(measurement).toFixed(2)} cores`,
    `p99 ${rounded(measurement.latency.p99)} ms`,
    `sessions ${sessions.join("/")}`,
    `failures ${totalOf(measurement.failures)}`,
  ].join("  ");
}
