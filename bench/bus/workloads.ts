/** Bus benchmark: the workloads by name: what is done, on which fleets, by whom. Data only. */

import type { VariantName } from "../servers/variant.js";

/** A cost is processor time for each delivered message, while messages flow as fast as they are taken. */
export const COST_NAMES = ["room", "apart", "pairs", "local", "private", "acks"] as const;
export type CostName = (typeof COST_NAMES)[number];

/** A fault is done to one worker; what counts is what the others notice. */
export const FAULT_NAMES = ["kill", "stall"] as const;

export const BUS_NAMES = [...COST_NAMES, ...FAULT_NAMES] as const;
export type BusName = (typeof BUS_NAMES)[number];

export const BUS_VARIANTS = [
  "single",
  "control",
  "holdfast",
  "sticky",
] as const satisfies readonly VariantName[];
export type BusVariant = (typeof BUS_VARIANTS)[number];

/** One variant on a fleet of one size. */
export type Contender = { readonly variant: BusVariant; readonly workers: number };

/** No target needs those beside: they only show how things go on, in fewer rounds. */
export type Entrant = Contender & { readonly beside?: true };

export type BusWorkload = {
  readonly title: string;
  readonly contenders: readonly Entrant[];
  /** Sessions on each worker, beside the one that gives the orders. */
  readonly membersEach: (workers: number) => number;
};

/** Rooms, or private lines, that begin on each worker: a larger fleet has more of them, and each worker the same work. */
export const PAIRS_EACH = 6;

const together =
  (members: number) =>
  (workers: number): number =>
    members / workers;

const both = (workers: number): Contender[] => [
  { variant: "holdfast", workers },
  { variant: "sticky", workers },
];

export const BUS_WORKLOADS: Readonly<Record<BusName, BusWorkload>> = {
  room: {
    title: "room with 200 members over 2 workers",
    contenders: [{ variant: "single", workers: 1 }, ...both(2)],
    membersEach: together(200),
  },
  apart: {
    title: "two rooms with 100 members, each on a worker of its own",
    contenders: [{ variant: "control", workers: 2 }],
    membersEach: together(200),
  },
  pairs: {
    title: "rooms of 2 members on two workers",
    contenders: [
      ...both(8),
      { variant: "holdfast", workers: 4 },
      { variant: "holdfast", workers: 16 },
      { variant: "sticky", workers: 4, beside: true },
      { variant: "sticky", workers: 16, beside: true },
    ],
    // One in the room of its own worker, one in that of another.
    membersEach: () => 2 * PAIRS_EACH,
  },
  local: {
    title: "rooms of 2 members on one worker",
    contenders: [
      { variant: "holdfast", workers: 4 },
      { variant: "holdfast", workers: 16 },
    ],
    membersEach: () => 2 * PAIRS_EACH,
  },
  private: {
    title: "private message to a socket on another worker",
    contenders: both(8),
    membersEach: () => PAIRS_EACH,
  },
  acks: {
    title: "60 broadcasts with ack to 200 members over 4 workers",
    contenders: both(4),
    membersEach: together(200),
  },
  kill: {
    title: "fetchSockets() and serverSideEmit() with ack across a kill -9",
    contenders: both(4),
    membersEach: () => 5,
  },
  stall: {
    title: "one worker stopped for 5 s while the others broadcast at full rate",
    contenders: both(4),
    membersEach: () => 1,
  },
};

export type Load = {
  /** Broadcasts under way at most from one sender. */
  readonly burst: number;
  /** Deliveries before figures are taken, for each worker, if they do not take too long: V8 compiles by use, not by time. */
  readonly warmUpEach: number;
};

export const LOADS: Readonly<Record<CostName, Load>> = {
  room: { burst: 50, warmUpEach: 60_000 },
  apart: { burst: 50, warmUpEach: 60_000 },
  pairs: { burst: 100, warmUpEach: 15_000 },
  local: { burst: 100, warmUpEach: 15_000 },
  private: { burst: 100, warmUpEach: 15_000 },
  acks: { burst: 60, warmUpEach: 6_000 },
};
