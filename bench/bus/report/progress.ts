/** Bus benchmark, report: one line when a turn has ended. Pure. */

import { totalOf } from "../../load/tally.js";
import { rounded } from "../../report/format.js";
import type { BusMeasurement } from "../results.js";

/** @param rounds of the whole run */
export function busProgressLine(measurement: BusMeasurement, rounds: number): string {
  const { round, variant, workers, workload } = measurement;
  return [
    `round ${round + 1}/${rounds}`,
    workload.padEnd(7),
    variant.padEnd(8),
    `${workers} workers`.padStart(10),
    ...costParts(measurement),
    ...acksParts(measurement),
    ...killParts(measurement),
    ...stallParts(measurement),
    `failures ${totalOf(measurement.failures)}`,
  ].join("  ");
}

function costParts({ cost }: BusMeasurement): string[] {
  if (cost === undefined) return [];
  const { cpuPerOperation, netCpuPerOperation, operationsPerSecond, latency } = cost;
  return [
    `${rounded(cpuPerOperation)} µs each (${rounded(netCpuPerOperation)} net)`,
    `${rounded(operationsPerSecond)}/s`,
    `p99 ${rounded(latency.p99)} ms`,
  ];
}

function acksParts({ acks }: BusMeasurement): string[] {
  if (acks === undefined) return [];
  const { received, expected, duplicates, bystanders } = acks;
  return [`acks ${received} of ${expected}, ${duplicates} twice, ${bystanders ?? "?"} to bystanders`];
}

function killParts({ kill }: BusMeasurement): string[] {
  if (kill === undefined) return [];
  return Object.entries(kill).map(([what, { after, answers, expected, error }]) => {
    const outcome = error ?? `${answers} of ${expected} answers`;
    return `${what} after ${rounded(after)} ms (${outcome})`;
  });
}

function stallParts({ stall }: BusMeasurement): string[] {
  if (stall === undefined) return [];
  const { phases, sent, received, toldLost } = stall;
  const each = Object.entries(phases).map(
    ([phase, { p99, mostMemory }]) =>
      `${phase} p99 ${p99 === null ? "?" : rounded(p99)} ms, ${Math.round(mostMemory / 1e6)} MB`,
  );
  return [...each, `received ${received} and told lost ${toldLost ?? "?"} of ${sent}`];
}
