/** Bus benchmark, report: what the bus must reach, and whether it did. Pure. */

import { decimal, rounded } from "../../report/format.js";
import { spreadOf } from "../../report/statistics.js";
import { type Verdict, withRange } from "../../report/targets.js";
import type { BusMeasurement, Kill } from "../results.js";
import type { BusName, Contender } from "../workloads.js";
import { type BusSummary, cpuAgainst, rowIn } from "./summary.js";

type RatioTarget = {
  readonly what: string;
  readonly workload: BusName;
  readonly own: Contender;
  readonly other: Contender;
  /** Where the other is, if not in the same workload. */
  readonly otherIn?: BusName;
  /** At most so many times the processor time of the other; infinite where it is only to be known. */
  readonly most: number;
};

const holdfast = (workers: number): Contender => ({ variant: "holdfast", workers });
const sticky = (workers: number): Contender => ({ variant: "sticky", workers });

export const RATIO_TARGETS: readonly RatioTarget[] = [
  {
    what: "room with 200 members over 2 workers, against one process",
    workload: "room",
    own: holdfast(2),
    other: { variant: "single", workers: 1 },
    most: 1.1,
  },
  {
    // What the machine alone takes for two processes in place of one: plain ones, with as many members, and nothing between them.
    what: "two rooms with 100 members on two plain processes, against one process, to compare",
    workload: "apart",
    own: { variant: "control", workers: 2 },
    other: { variant: "single", workers: 1 },
    otherIn: "room",
    most: Number.POSITIVE_INFINITY,
  },
  {
    what: "room of 2 members in a fleet of 8, against cluster-adapter",
    workload: "pairs",
    own: holdfast(8),
    other: sticky(8),
    most: 0.25,
  },
  {
    // Single rounds scatter by more than a tenth; growth with the fleet would be a factor.
    what: "room of 2 members, fleet of 16 against fleet of 4",
    workload: "pairs",
    own: holdfast(16),
    other: holdfast(4),
    most: 1.1,
  },
  {
    // What the machine alone takes for more processes on as many cores: here nothing passes between them.
    what: "both members on one worker, fleet of 16 against fleet of 4, to compare",
    workload: "local",
    own: holdfast(16),
    other: holdfast(4),
    most: Number.POSITIVE_INFINITY,
  },
  {
    what: "private message in a fleet of 8, against cluster-adapter",
    workload: "private",
    own: holdfast(8),
    other: sticky(8),
    most: 0.25,
  },
];

/** A question across a kill is settled within this time in every round. Milliseconds. */
const SETTLED_WITHIN = 100;
/** While one worker stands still, no other process may grow by more: twice what may wait for one peer. Bytes. */
const GROWTH = 128 * 2 ** 20;
/** The 99th percentile while one stands still, against that before. */
const P99 = 1.5;

/** @returns nothing of what was not measured */
export function busVerdicts(summary: BusSummary): Verdict[] {
  const own = (workload: BusName): readonly BusMeasurement[] =>
    rowIn(summary, workload, holdfast(4))?.measurements ?? [];
  return [
    ...ratioVerdicts(summary),
    ...acksVerdicts(own("acks")),
    ...killVerdicts(own("kill")),
    ...stallVerdicts(own("stall")),
    ...failureVerdict(summary),
  ];
}

function ratioVerdicts(summary: BusSummary): Verdict[] {
  return RATIO_TARGETS.flatMap(({ what, workload, own, other, otherIn, most }) => {
    const ratio = cpuAgainst(rowIn(summary, workload, own), rowIn(summary, otherIn ?? workload, other));
    if (ratio === undefined) return [];
    return [
      {
        what,
        target: Number.isFinite(most) ? `at most ${decimal(most)}` : "none",
        measured: withRange(ratio, decimal),
        met: ratio.median <= most,
      },
    ];
  });
}

function acksVerdicts(measurements: readonly BusMeasurement[]): Verdict[] {
  const acks = measurements.flatMap((one) => one.acks ?? []);
  const [first] = acks;
  if (first === undefined) return [];
  const exact = ({ received, duplicates, bystanders }: typeof first): string =>
    `${received.toLocaleString("en-US")} · ${duplicates} · ${bystanders ?? "not counted"}`;
  const target = exact({ ...first, received: first.expected, duplicates: 0, bystanders: 0 });
  const wrong = acks.map(exact).filter((text) => text !== target);
  return [
    {
      what: "acks of 60 broadcasts to 200 members: received · twice · messages to bystanders",
      target,
      measured: wrong[0] ?? target,
      met: wrong.length === 0,
    },
  ];
}

function killVerdicts(measurements: readonly BusMeasurement[]): Verdict[] {
  const kills = measurements.flatMap(({ kill }) => kill ?? []);
  if (kills.length === 0) return [];
  return (["fetchSockets", "serverSideEmit"] as const).map((what) => killVerdict(what, kills));
}

function killVerdict(what: keyof Kill, kills: readonly Kill[]): Verdict {
  const settled = kills.map((kill) => kill[what]);
  const after = spreadOf(settled.map((one) => one.after));
  const complete = settled.every(({ answers, expected }) => answers === expected);
  return {
    what: `${what}() across a kill -9, all of the living answered`,
    target: `each under ${SETTLED_WITHIN} ms`,
    measured: `${withRange(after, rounded)} ms${complete ? "" : ", answers are missing"}`,
    met: after.most < SETTLED_WITHIN && complete,
  };
}

function stallVerdicts(measurements: readonly BusMeasurement[]): Verdict[] {
  const stalls = measurements.flatMap(({ stall }) => stall ?? []);
  if (stalls.length === 0) return [];
  const growth = spreadOf(
    stalls.map(
      ({ phases: { before, stopped, after } }) =>
        Math.max(stopped.mostMemory, after.mostMemory) - before.mostMemory,
    ),
  );
  const p99 = spreadOf(
    stalls.map(({ phases }) => (phases.stopped.p99 ?? Number.NaN) / (phases.before.p99 ?? Number.NaN)),
  );
  const unaccounted = stalls.map(({ sent, received, toldLost }) => sent - received - (toldLost ?? 0));
  const wrong = unaccounted.filter((count) => count !== 0);
  return [
    {
      what: "a worker stopped: growth of the largest other process",
      target: `at most ${megabytes(GROWTH)}`,
      measured: withRange(growth, megabytes),
      met: growth.most <= GROWTH,
    },
    {
      what: "a worker stopped: p99 between the others, against before",
      target: `at most ${decimal(P99)}`,
      measured: withRange(p99, decimal),
      met: p99.median <= P99,
    },
    {
      what: "a worker stopped: deliveries to it, neither received nor told lost",
      target: "0",
      measured: String(wrong[0] ?? 0),
      met: wrong.length === 0,
    },
  ];
}

function failureVerdict({ rows }: BusSummary): Verdict[] {
  const own = rows.filter(({ variant }) => variant === "holdfast");
  if (own.length === 0) return [];
  const failures = own.reduce((total, row) => total + row.failures, 0);
  return [
    {
      what: "deliveries missing, twice, out of order or to others; sessions that broke",
      target: "0",
      measured: String(failures),
      met: failures === 0,
    },
  ];
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
