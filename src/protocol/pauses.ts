/** Shared, pure: how long sessions stood still, counted by length, so that the counts of several workers can be added up. */

import type { Counts } from "../base/counts.js";

/** By step: how many pauses were as long. Each step is one in twenty longer than the one before. */
export type PauseCounts = Counts;

/** Milliseconds. */
const SHORTEST = 0.1;
const STEP = Math.log(1.05);

/** @param pauses milliseconds */
export function countPauses(pauses: readonly number[]): PauseCounts {
  const counts: Record<string, number> = {};
  for (const pause of pauses) {
    const step = Math.ceil(Math.log(Math.max(pause, SHORTEST) / SHORTEST) / STEP);
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}

/**
 * @param part such as 0.99
 * @returns milliseconds that so large a part of the pauses did not exceed, up to one in twenty too many; undefined where there are none
 */
export function pauseAt(counts: PauseCounts, part: number): number | undefined {
  const steps = Object.entries(counts).sort(([one], [other]) => Number(one) - Number(other));
  const rank = part * steps.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  for (const [step, count] of steps) {
    passed += count;
    if (passed >= rank) return Math.round(SHORTEST * Math.exp(Number(step) * STEP) * 10) / 10;
  }
  return undefined;
}
