/** Report: from measurements of single rounds to one row for each workload and variant. Pure. */

import { addCounts, totalOf } from "../load/tally.js";
import type { Measurement, RunResults } from "../measure/results.js";
import { VARIANT_NAMES, type VariantName } from "../servers/variant.js";
import { WORKLOAD_NAMES, type WorkloadName } from "../workloads.js";
import { type Spread, spreadAgainst, spreadOf } from "./statistics.js";

export type Row = {
  readonly workload: WorkloadName;
  readonly variant: VariantName;
  readonly rounds: number;
  /** Microseconds for each operation. */
  readonly cpu: Spread;
  /** Processor time against `control` of the same round; undefined without a control. */
  readonly ratio: Spread | undefined;
  readonly operationsPerSecond: Spread;
  /** Milliseconds. */
  readonly p50: Spread;
  readonly p99: Spread;
  readonly operations: number;
  /** Over all rounds. */
  readonly failures: number;
  readonly failureKinds: Readonly<Record<string, number>>;
  /** Sessions on the most and on the least loaded worker of the round whose spread is the median one. */
  readonly sessions: { readonly most: number; readonly least: number };
  /** Bytes for each idle connection: all of it, JavaScript alone, and what is more than `control` of the same round. */
  readonly memory:
    | { readonly total: Spread; readonly javascript: Spread; readonly extra: Spread | undefined }
    | undefined;
};

export type Summary = Omit<RunResults, "measurements"> & { readonly rows: readonly Row[] };

export function summarize({ measurements, ...rest }: RunResults): Summary {
  const rows = WORKLOAD_NAMES.flatMap((workload) =>
    VARIANT_NAMES.flatMap((variant) => {
      const own = measurements.filter((one) => one.workload === workload && one.variant === variant);
      const controls = measurements.filter((one) => one.workload === workload && one.variant === "control");
      return own.length === 0 ? [] : [rowOf(workload, variant, own, controls)];
    }),
  );
  return { ...rest, rows };
}

function rowOf(
  workload: WorkloadName,
  variant: VariantName,
  own: readonly Measurement[],
  controls: readonly Measurement[],
): Row {
  const spread = (pick: (one: Measurement) => number): Spread => spreadOf(own.map(pick));
  const failureKinds = addCounts(own.map(({ failures }) => failures));
  return {
    workload,
    variant,
    rounds: own.length,
    cpu: spread((one) => one.cpuPerOperation),
    ratio: spreadAgainst(own, controls, (one, control) => one.cpuPerOperation / control.cpuPerOperation),
    operationsPerSecond: spread((one) => one.operationsPerSecond),
    p50: spread((one) => one.latency.p50),
    p99: spread((one) => one.latency.p99),
    operations: own.reduce((total, { operations }) => total + operations, 0),
    failures: totalOf(failureKinds),
    failureKinds,
    sessions: typicalSessions(own),
    memory: memoryOf(own, controls),
  };
}

function typicalSessions(own: readonly Measurement[]): Row["sessions"] {
  const rounds = own.map(({ sessions }) => ({ most: sessions[0] ?? 0, least: sessions.at(-1) ?? 0 }));
  const bySpread = rounds.sort((a, b) => a.most - a.least - (b.most - b.least));
  return bySpread[Math.floor((bySpread.length - 1) / 2)] ?? { most: 0, least: 0 };
}

function memoryOf(own: readonly Measurement[], controls: readonly Measurement[]): Row["memory"] {
  const total = own.flatMap(({ memory }) => (memory === undefined ? [] : [memory.total]));
  const javascript = own.flatMap(({ memory }) => (memory === undefined ? [] : [memory.javascript]));
  if (total.length === 0) return undefined;
  const extra = spreadAgainst(
    own,
    controls,
    (one, control) => (one.memory?.total ?? Number.NaN) - (control.memory?.total ?? Number.NaN),
  );
  return { total: spreadOf(total), javascript: spreadOf(javascript), extra };
}
