/** Benchmark: who is measured when. Pure. */

import type { VariantName } from "../servers/variant.js";

/** One variant's fresh servers, through all workloads. Nothing else runs meanwhile. */
export type Turn = { readonly round: number; readonly variant: VariantName };

/** Every round begins with another variant, so that none is always first or always follows the same one's heat. */
export function planTurns(rounds: number, variants: readonly VariantName[]): Turn[] {
  return Array.from({ length: rounds }, (_, round) =>
    rotate(variants, round).map((variant) => ({ round, variant })),
  ).flat();
}

/** @returns the list, beginning at `by` and around */
export function rotate<T>(list: readonly T[], by: number): T[] {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
