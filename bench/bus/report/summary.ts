/** Bus benchmark, report: from measurements of single rounds to one row for each workload and contender. Pure. */

import { addCounts, totalOf } from "../../load/tally.js";
import { type Spread, spreadAgainst, spreadOf } from "../../report/statistics.js";
import type { BusMeasurement, BusResults, Cost } from "../results.js";
import { BUS_NAMES, BUS_WORKLOADS, type BusName, type Contender } from "../workloads.js";

export type BusRow = Contender & {
  readonly workload: BusName;
  /** All of its rounds. */
  readonly measurements: readonly BusMeasurement[];
  /** Of a workload that is a cost. */
  readonly cost: CostRow | undefined;
  /** Over all rounds. */
  readonly failures: number;
  readonly failureKinds: Readonly<Record<string, number>>;
};

/** Processor time in microseconds for each delivery, latency in milliseconds. */
export type CostRow = {
  readonly cpu: Spread;
  readonly net: Spread;
  readonly perSecond: Spread;
  readonly p50: Spread;
  readonly p99: Spread;
};

export type BusSummary = Omit<BusResults, "measurements"> & { readonly rows: readonly BusRow[] };

export function summarizeBus({ measurements, ...rest }: BusResults): BusSummary {
  const rows = BUS_NAMES.flatMap((workload) =>
    inOrder(BUS_WORKLOADS[workload].contenders).flatMap((contender) => {
      const own = measurements.filter((one) => one.workload === workload && isOf(contender, one));
      return own.length === 0 ? [] : [rowOf(workload, contender, own)];
    }),
  );
  return { ...rest, rows };
}

export function rowIn({ rows }: BusSummary, workload: BusName, contender: Contender): BusRow | undefined {
  return rows.find((row) => row.workload === workload && isOf(contender, row));
}

/** Processor time for each delivery against that of `other` in the same round. */
export function cpuAgainst(own: BusRow | undefined, other: BusRow | undefined): Spread | undefined {
  return spreadAgainst(
    own?.measurements ?? [],
    other?.measurements ?? [],
    (one, two) => (one.cost?.cpuPerOperation ?? Number.NaN) / (two.cost?.cpuPerOperation ?? Number.NaN),
  );
}

/** Smaller fleets first; the order of the plan is another. */
const inOrder = (contenders: readonly Contender[]): Contender[] =>
  contenders.map(({ variant, workers }) => ({ variant, workers })).sort((a, b) => a.workers - b.workers);

const isOf = (contender: Contender, { variant, workers }: Contender): boolean =>
  variant === contender.variant && workers === contender.workers;

function rowOf(workload: BusName, contender: Contender, own: readonly BusMeasurement[]): BusRow {
  const failureKinds = addCounts(own.map(({ failures }) => failures));
  const costs = own.flatMap(({ cost }) => cost ?? []);
  return {
    ...contender,
    workload,
    measurements: own,
    cost: costs.length === 0 ? undefined : costRow(costs),
    failures: totalOf(failureKinds),
    failureKinds,
  };
}

function costRow(costs: readonly Cost[]): CostRow {
  const spread = (pick: (cost: Cost) => number): Spread => spreadOf(costs.map(pick));
  return {
    cpu: spread((cost) => cost.cpuPerOperation),
    net: spread((cost) => cost.netCpuPerOperation),
    perSecond: spread((cost) => cost.operationsPerSecond),
    p50: spread((cost) => cost.latency.p50),
    p99: spread((cost) => cost.latency.p99),
  };
}
