/** Bus benchmark: the workloads by name: what is done, on which fleets, by whom. Data only. */

import type { VariantName } from "../servers/variant.js";

/** A cost is processor time for each delivered message, while messages flow as fast as they are taken. */
export const COST_NAMES = ["room", "pairs", "private", "acks"] as const;
export type CostName = (typeof COST_NAMES)[number];

/** A fault is done to one worker; what counts is what the others notice. */
export const FAULT_NAMES = ["kill", "stall"] as const;

export const BUS_NAMES = [...COST_NAMES, ...FAULT_NAMES] as const;
export type BusName = (typeof BUS_NAMES)[number];

export const BUS_VARIANTS = ["single", "holdfast", "sticky"] as const satisfies readonly VariantName[];
export type BusVariant = (typeof BUS_VARIANTS)[number];

/** One variant on a fleet of one size. */
export type Contender = { readonly variant: BusVariant; readonly workers: number };

export type BusWorkload = {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** Sessions on all workers together, beside one on each worker that gives the orders. */
  readonly members: number;
};

const both = (workers: number): Contender[] => [
  { variant: "holdfast", workers },
  { variant: "sticky", workers },
];

export const BUS_WORKLOADS: Readonly<Record<BusName, BusWorkload>> = {
  room: {
    title: "room with 200 members over 2 workers",
    contenders: [{ variant: "single", workers: 1 }, ...both(2)],
    members: 200,
  },
  pairs: {
    title: "rooms of 2 members on two workers",
    contenders: [4, 8, 16].flatMap(both),
    members: 96,
  },
  private: { title: "private message to a socket on another worker", contenders: both(8), members: 48 },
  acks: { title: "60 broadcasts with ack to 200 members over 4 workers", contenders: both(4), members: 200 },
  kill: {
    title: "fetchSockets() and serverSideEmit() with ack across a kill -9",
    contenders: both(4),
    members: 20,
  },
  stall: {
    title: "one worker stopped for 5 s while the others broadcast at full rate",
    contenders: both(4),
    members: 4,
  },
};

export type Load = {
  /** Broadcasts under way at most, of all senders together. */
  readonly window: number;
  /** Deliveries before figures are taken, for each worker: V8 compiles by use, not by time. */
  readonly warmUpEach: number;
};

export const LOADS: Readonly<Record<CostName, Load>> = {
  room: { window: 100, warmUpEach: 60_000 },
  pairs: { window: 800, warmUpEach: 1_000 },
  private: { window: 800, warmUpEach: 1_000 },
  acks: { window: 60, warmUpEach: 6_000 },
};
