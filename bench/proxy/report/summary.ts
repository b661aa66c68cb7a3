/** Proxy benchmark, report: from single windows to one row for each workload and contender. Pure. */

import { addCounts, totalOf } from "../../load/tally.js";
import { type Spread, spreadAgainst, spreadOf } from "../../report/statistics.js";
import { LOAD_NAMES, type LoadName } from "../../workloads.js";
import { BASE, CONTENDER_NAMES, type ContenderName } from "../contenders.js";
import type { ProxyMeasurement, ProxyResults } from "../results.js";

export type ProxyRow = {
  readonly load: LoadName;
  readonly contender: ContenderName;
  /** Microseconds for each operation: of all server processes, and of the workers alone. */
  readonly cpu: Spread;
  readonly workers: Spread;
  /** Processor time against that of the base in the same round; undefined without it. */
  readonly ratio: Spread | undefined;
  /** Cores that all server processes kept busy. */
  readonly cores: Spread;
  /** Share of the busiest and of the idlest worker in the workers' processor time. */
  readonly busiest: Spread;
  readonly idlest: Spread;
  /** Sessions on the most loaded worker against those on the least loaded one; infinite where one had none. */
  readonly evenness: Spread;
  readonly operationsPerSecond: Spread;
  /** Milliseconds. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** Over all rounds. */
  readonly failures: number;
  readonly failureKinds: Readonly<Record<string, number>>;
};

export type ProxySummary = Omit<ProxyResults, "measurements"> & { readonly rows: readonly ProxyRow[] };

export function summarizeProxy({ measurements, ...rest }: ProxyResults): ProxySummary {
  const rows = LOAD_NAMES.flatMap((load) => {
    const ofLoad = measurements.filter((one) => one.load === load);
    const base = ofLoad.filter(({ contender }) => contender === BASE);
    return CONTENDER_NAMES.flatMap((contender) => {
      const own = ofLoad.filter((one) => one.contender === contender);
      return own.length === 0 ? [] : [rowOf(load, contender, own, base)];
    });
  });
  return { ...rest, rows };
}

/** Cores that all server processes kept busy in the window. */
export function coresOf({ cpuPerOperation, operationsPerSecond }: ProxyMeasurement): number {
  return (cpuPerOperation * operationsPerSecond) / 1e6;
}

function rowOf(
  load: LoadName,
  contender: ContenderName,
  own: readonly ProxyMeasurement[],
  base: readonly ProxyMeasurement[],
): ProxyRow {
  const spread = (pick: (one: ProxyMeasurement) => number): Spread => spreadOf(own.map(pick));
  const failureKinds = addCounts(own.map(({ failures }) => failures));
  return {
    load,
    contender,
    cpu: spread((one) => one.cpuPerOperation),
    workers: spread(({ workerCpu, operations }) => sum(workerCpu) / operations),
    ratio: spreadAgainst(own, base, (one, other) => one.cpuPerOperation / other.cpuPerOperation),
    cores: spread(coresOf),
    busiest: spread(({ workerCpu }) => (workerCpu[0] ?? 0) / sum(workerCpu)),
    idlest: spread(({ workerCpu }) => (workerCpu.at(-1) ?? 0) / sum(workerCpu)),
    evenness: spread(({ sessions }) => (sessions[0] ?? 0) / (sessions.at(-1) ?? 0)),
    operationsPerSecond: spread((one) => one.operationsPerSecond),
    p50: spread(({ latency }) => latency.p50),
    p99: spread(({ latency }) => latency.p99),
    failures: totalOf(failureKinds),
    failureKinds,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
