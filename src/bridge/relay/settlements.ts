/**
 * Bridge: joins that somebody was asked for on behalf of somebody else. That one hears that they are carried out in the order in which it
 * asked, for its knowledge of rooms rests on that: SETTLED stands for all that was asked before it, too. Pure.
 */

type Asked = {
  /** As the asker numbered it. */
  readonly request: number;
  /** As it was passed on. */
  readonly number: number;
  /** Keys of those that have not carried it out. */
  readonly waiting: Set<string>;
};

/** Half of all numbers: one that is less far ahead is later. */
const HALF = 2 ** 31;

export class Settlements {
  /** By key of the asker, in the order in which it asked. */
  readonly #asked = new Map<string, Asked[]>();
  readonly #onSettled: (asker: string, request: number) => void;

  constructor(onSettled: (asker: string, request: number) => void) {
    this.#onSettled = onSettled;
  }

  get size(): number {
    let size = 0;
    for (const asked of this.#asked.values()) size += asked.length;
    return size;
  }

  /** @param waiting keys of those who were asked, perhaps nobody */
  add(asker: string, asked: { request: number; number: number; waiting: Iterable<string> }): void {
    const list = this.#asked.get(asker) ?? [];
    this.#asked.set(asker, list);
    list.push({ ...asked, waiting: new Set(asked.waiting) });
    this.#release(asker, list);
  }

  /** This one has carried out what it was asked with this number, and with it all that it was asked before. */
  settled(key: string, number: number): void {
    this.#drop(key, (asked) => isNotAfter(asked.number, number));
  }

  /** Nobody waits for this one any more. */
  gone(key: string): void {
    this.#drop(key, () => true);
  }

  /** Nobody is to be told any more. */
  forget(asker: string): void {
    this.#asked.delete(asker);
  }

  /** Whether this one was asked for something that it has not carried out. */
  waitsFor(key: string): boolean {
    for (const list of this.#asked.values()) if (list.some(({ waiting }) => waiting.has(key))) return true;
    return false;
  }

  #drop(key: string, isDone: (asked: Asked) => boolean): void {
    for (const [asker, list] of this.#asked) {
      for (const asked of list) if (isDone(asked)) asked.waiting.delete(key);
      this.#release(asker, list);
    }
  }

  #release(asker: string, list: Asked[]): void {
    const end = list.findIndex(({ waiting }) => waiting.size > 0);
    const done = list.splice(0, end < 0 ? list.length : end);
    if (list.length === 0) this.#asked.delete(asker);
    for (const { request } of done) this.#onSettled(asker, request);
  }
}

/** Whether the first is the earlier one, or the same. Numbers of 32 bits go round. */
export function isNotAfter(number: number, other: number): boolean {
  return (other - number) >>> 0 < HALF;
}
