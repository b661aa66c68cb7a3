/** Worker: how many sessions move at a time, so that each is still for a moment only, and all have moved in time. Pure. */

/** What a batch may take from the first session that is not read any more to the last that is again. Milliseconds. */
export const BATCH_TIME = 15;
/** The first ones meet code that has never run: they are few. */
const FIRST = 2;
/** Where so few take too long, it is the machine that is busy, and fewer would take as long. */
const LEAST = 16;
/** What a batch takes varies by the work of the moment: a large one, by more than anybody should wait. */
const MOST = 64;

export type BatchSize = { readonly sessions: number };

export const firstBatch: BatchSize = { sessions: FIRST };

/** What the last batch was, and what is still to be done. Milliseconds. */
export type BatchOutcome = {
  readonly moved: number;
  readonly took: number;
  readonly left: number;
  readonly timeLeft: number;
};

export function nextBatch({ sessions }: BatchSize, { moved, took, left, timeLeft }: BatchOutcome): BatchSize {
  // Better longer pauses than sessions for which there is no time: half of it is for what nobody foresees.
  const needed = Math.ceil((2 * left * took) / Math.max(1, timeLeft));
  const quick = took <= BATCH_TIME;
  const fitting = Math.max(LEAST, Math.floor((moved * BATCH_TIME) / Math.max(1, took)));
  // A batch that was not full says nothing about how many there may be.
  const wished = quick && moved < sessions ? sessions : Math.min(MOST, sessions * 2, fitting);
  return { sessions: Math.max(wished, Math.min(needed, sessions * 2)) };
}
