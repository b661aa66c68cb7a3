/** Worker without a primary: which slot a newcomer gets. Pure. */

import { MAX_SLOTS } from "../../../config/limits.js";

export type SlotWish = {
  /** The slot to try first. */
  readonly slot: number | undefined;
  /** Whom a manager would start in this process's place; empty: this process replaces nobody. */
  readonly managed: string;
};

type LivingHolder = {
  readonly slot: number;
  readonly generation: number;
  readonly mark: { readonly managed: string };
};

export type Choice = { readonly slot: number; readonly generation: number };

/**
 * @param holders those that live
 * @returns undefined when all slots are taken. A slot has two processes at most, the second one only where it replaces the first:
 * then it is a generation later
 */
export function chooseSlot(
  holders: readonly LivingHolder[],
  { slot, managed }: SlotWish,
): Choice | undefined {
  const bySlot = new Map<number, LivingHolder[]>();
  for (const holder of holders) bySlot.set(holder.slot, [...(bySlot.get(holder.slot) ?? []), holder]);
  const choice = (candidate: number): Choice | undefined => {
    const [holder, ...others] = bySlot.get(candidate) ?? [];
    if (holder === undefined) return { slot: candidate, generation: 0 };
    const replaces = managed !== "" && holder.mark.managed === managed && others.length === 0;
    return replaces ? { slot: candidate, generation: holder.generation + 1 } : undefined;
  };
  const replaced = managed === "" ? undefined : holders.find(({ mark }) => mark.managed === managed)?.slot;
  for (const wanted of [slot, replaced]) {
    const found = wanted === undefined ? undefined : choice(wanted);
    if (found !== undefined) return found;
  }
  for (let candidate = 0; candidate < MAX_SLOTS; candidate++)
    if (!bySlot.has(candidate)) return { slot: candidate, generation: 0 };
  return undefined;
}
