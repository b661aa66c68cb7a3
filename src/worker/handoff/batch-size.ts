/** Worker: how many sessions move at a time, so that each is still for a moment only, and all have moved in time. Pure. */

/** What a batch may take from the first session that is not read any more to the last that is again. Milliseconds. */
export const BATCH_TIME = 8;
/** The first ones meet code that has never run: they are few. */
const FIRST = 2;
/** Where so few take too long, it is the machine that is busy, and fewer would take as long. */
const LEAST = 8;
/** Whatever holds a worker up, such as a broadcast of the app to all, holds up one batch: these are the sessions that wait for it. */
const MOST = 16;
/** One batch that was held up says little of those to come. */
const MEMORY = 8;

export type BatchSize = {
  readonly sessions: number;
  /** What a batch takes as a rule, in milliseconds; undefined before the first. */
  readonly usual?: number;
};

export const firstBatch: BatchSize = { sessions: FIRST };

/** What the last batch was, and what is still to be done. Milliseconds. */
export type BatchOutcome = {
  readonly moved: number;
  readonly took: number;
  readonly left: number;
  readonly timeLeft: number;
};

export function nextBatch(last: BatchSize, { moved, took, left, timeLeft }: BatchOutcome): BatchSize {
  const { sessions } = last;
  const usual = last.usual === undefined ? took : last.usual + (took - last.usual) / MEMORY;
  // Better longer pauses than sessions for which there is no time: half of it is for what nobody foresees.
  const needed = Math.ceil((2 * left * usual) / Math.max(1, timeLeft));
  const quick = took <= BATCH_TIME;
  const fitting = Math.max(LEAST, Math.floor((moved * BATCH_TIME) / Math.max(1, took)));
  // A batch that was not full says nothing about how many there may be.
  const wished = quick && moved < sessions ? sessions : Math.min(MOST, sessions * 2, fitting);
  return { sessions: Math.max(wished, Math.min(needed, sessions * 2)), usual };
}
