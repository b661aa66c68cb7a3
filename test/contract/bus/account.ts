/** Contract: whether one receiver got what one sender numbered: in order, once, and told of each gap in its place. Pure. */

export type Account = {
  /** The first number of which nothing was heard. */
  readonly next: number;
  readonly received: number;
  readonly lost: number;
  /** How often a loss was told. */
  readonly notices: number;
};

/**
 * @param heard what {@link Recorder.of} returns: `#7`, `lost 3 of`; other events are passed over
 * @param from the number at which the sender began
 * @throws {Error} at the first message that is out of order, doubled, or behind a gap that was not told or told wrongly
 */
export function account(heard: readonly string[], from = 0): Account {
  let next = from;
  let received = 0;
  let notices = 0;
  for (const event of heard) {
    const lost = /^lost (\d+) of$/.exec(event)?.[1];
    if (lost !== undefined) {
      next += Number(lost);
      notices += 1;
    }
    if (!event.startsWith("#")) continue;
    if (event !== `#${next}`)
      throw new Error(`${event} came where #${next} was due, after ${received} messages`);
    next += 1;
    received += 1;
  }
  return { next, received, lost: next - from - received, notices };
}
