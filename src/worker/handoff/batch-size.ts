/** Worker: how many sessions move at a time, so that each is still for a moment only. Pure. */

/** What a batch may take from the first session that is not read any more to the last that is again. Milliseconds. */
export const BATCH_TIME = 15;
/** The first ones meet code that has never run: they are few. */
const FIRST = 2;
/** What a batch takes varies by the work of the moment: a large one, by more than anybody should wait. */
const MOST = 64;

export type BatchSize = { readonly sessions: number };

export const firstBatch: BatchSize = { sessions: FIRST };

/** @param moved sessions of the last batch @param took milliseconds that it took */
export function nextBatch({ sessions }: BatchSize, moved: number, took: number): BatchSize {
  // A batch that was not full says nothing about how many there may be.
  if (moved < sessions && took <= BATCH_TIME) return { sessions };
  const fitting = Math.floor((moved * BATCH_TIME) / Math.max(1, took));
  return { sessions: Math.max(1, Math.min(MOST, sessions * 2, fitting)) };
}
