/** Site benchmark: who is compared, and what is done. Data only. */

export const SITE_VARIANTS = ["holdfast", "redis-sharded", "redis-streams"] as const;
export type SiteVariant = (typeof SITE_VARIANTS)[number];

export const VARIANT_TITLES: Readonly<Record<SiteVariant, string>> = {
  holdfast: "`holdfast start --redis`",
  "redis-sharded": "`@socket.io/redis-adapter`, sharded, dynamic",
  "redis-streams": "`@socket.io/redis-streams-adapter`",
};

/** Of each contender: two hosts, or for the others as many processes as both hosts have. */
export const HOSTS = 2;
export const WORKERS_EACH = 4;
export const WORKERS = HOSTS * WORKERS_EACH;

export const SITE_WORKLOADS = ["room", "crowd", "pairs", "oneway"] as const;
export type SiteWorkload = (typeof SITE_WORKLOADS)[number];

export type SiteLoad = {
  readonly title: string;
  /** Sessions on each worker, beside the one that gives the orders. */
  readonly membersEach: number;
  /** Deliveries of a broadcast. */
  readonly audience: number;
  /** Deliveries on each worker before figures are taken, if they do not take too long: it takes tens of thousands until all code is compiled. */
  readonly warmUpEach: number;
  readonly variants: readonly SiteVariant[];
};

export const LOADS: Readonly<Record<SiteWorkload, SiteLoad>> = {
  room: {
    title: `one room, a member on each of ${WORKERS} workers on ${HOSTS} hosts; both hosts speak`,
    membersEach: 1,
    audience: WORKERS,
    warmUpEach: 60_000,
    variants: SITE_VARIANTS,
  },
  crowd: {
    title: "one room, 10 members on each of the workers; both hosts speak",
    membersEach: 10,
    audience: 10 * WORKERS,
    warmUpEach: 120_000,
    variants: SITE_VARIANTS,
  },
  pairs: {
    title: "rooms of 2 members on two workers, most of them on two hosts",
    membersEach: 12,
    audience: 2,
    warmUpEach: 20_000,
    variants: SITE_VARIANTS,
  },
  // Beside the comparison: what a bridge costs for a message out, and for one in.
  oneway: {
    title: "the room with a member on each worker; one host speaks",
    membersEach: 1,
    audience: WORKERS,
    warmUpEach: 60_000,
    variants: ["holdfast"],
  },
};
