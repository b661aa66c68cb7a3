/** Site benchmark, report: what several hosts must reach against the official adapters, and whether they did. Pure. */

import { totalOf } from "../../load/tally.js";
import { decimal } from "../../report/format.js";
import { type Spread, spreadAgainst, spreadOf } from "../../report/statistics.js";
import { type Verdict, withRange } from "../../report/targets.js";
import type { SiteMeasurement, SiteResults } from "../results.js";
import type { SiteVariant, SiteWorkload } from "../workloads.js";

/** At most so many times the processor time of the better of the two adapters. */
const MOST_CPU = 0.5;
/** With members on both hosts Redis carries one message for each broadcast; windows begin and end within bursts. */
const MOST_MESSAGES = 1.05;

/** @returns nothing of what was not measured */
export function siteVerdicts({ measurements }: SiteResults): Verdict[] {
  const own = measurements.filter(({ variant }) => variant === "holdfast");
  if (own.length === 0) return [];
  return [
    ...cpuVerdict("room", measurements),
    ...cpuVerdict("crowd", measurements),
    ...messageVerdict(own.filter(({ workload }) => workload === "room" || workload === "crowd")),
    failureVerdict(own),
  ];
}

const NAMES = {
  room: "room with a member on each worker of two hosts",
  crowd: "room with 10 members on each",
} as const satisfies Partial<Record<SiteWorkload, string>>;

function cpuVerdict(workload: keyof typeof NAMES, measurements: readonly SiteMeasurement[]): Verdict[] {
  const of = (variant: SiteVariant): SiteMeasurement[] =>
    measurements.filter((one) => one.workload === workload && one.variant === variant);
  const against = (["redis-sharded", "redis-streams"] as const).flatMap((other) => {
    const ratio = spreadAgainst(of("holdfast"), of(other), cpuAgainst);
    return ratio === undefined ? [] : [{ other, ratio }];
  });
  // Of the better one the ratio is the greater.
  const [better] = against.sort((a, b) => b.ratio.median - a.ratio.median);
  if (better === undefined) return [];
  return [
    {
      what: `${NAMES[workload]}: CPU for each delivery against ${better.other}, the better one`,
      target: `at most ${decimal(MOST_CPU)}`,
      measured: withRange(better.ratio, decimal),
      met: better.ratio.median <= MOST_CPU,
    },
  ];
}

const cpuAgainst = (one: SiteMeasurement, other: SiteMeasurement): number =>
  one.figures.cpuPerOperation / other.figures.cpuPerOperation;

function messageVerdict(rooms: readonly SiteMeasurement[]): Verdict[] {
  if (rooms.length === 0) return [];
  const each: Spread = spreadOf(rooms.map(({ redis, broadcasts }) => redis.messages / broadcasts));
  return [
    {
      what: "messages on Redis for each broadcast, members on both hosts",
      target: "1: at most 1.05 as windows cut bursts",
      measured: withRange(each, decimal),
      met: each.median <= MOST_MESSAGES,
    },
  ];
}

function failureVerdict(own: readonly SiteMeasurement[]): Verdict {
  const failures = own.reduce((sum, one) => sum + totalOf(one.failures), 0);
  return {
    what: "deliveries missing, twice, out of order or to others; sessions that broke",
    target: "0",
    measured: String(failures),
    met: failures === 0,
  };
}
