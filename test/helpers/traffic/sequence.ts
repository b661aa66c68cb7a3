/** Traffic, pure: the numbers of one stream as one receiver gets them: each once, and in order. */

/** What is wrong with a number. */
export type Flaw = "doubled" | "reordered" | "gap";

export class Sequence {
  received = 0;
  doubled = 0;
  reordered = 0;
  /** Those that came while the receiver was away: nobody owes them. */
  skipped = 0;
  #last: number | undefined;
  #away = false;
  readonly #missing = new Set<number>();

  /** @param first the number that has to come first; undefined: any may */
  constructor(first?: number) {
    this.#last = first === undefined ? undefined : first - 1;
  }

  /** How many have not come yet, though later ones have. */
  get lost(): number {
    return this.#missing.size;
  }

  get last(): number | undefined {
    return this.#last;
  }

  receive(n: number): Flaw | undefined {
    this.received += 1;
    const last = this.#last ?? n - 1;
    if (n <= last) return this.#late(n);
    const gap = n - last - 1;
    if (this.#away) this.skipped += gap;
    else this.#miss(last, n);
    this.#last = n;
    const lost = gap > 0 && !this.#away;
    this.#away = false;
    return lost ? "gap" : undefined;
  }

  /** The receiver was disconnected: what is missing before the next number is not lost. */
  interrupt(): void {
    this.#away = true;
  }

  /** The sender has ended: everything up to `end` should be here. @returns how many are not that belong to the end */
  finish(end: number): number {
    const last = this.#last ?? end;
    if (this.#away || last >= end) return 0;
    this.#miss(last, end + 1);
    this.#last = end;
    return end - last;
  }

  #late(n: number): Flaw {
    const late = this.#missing.delete(n);
    this[late ? "reordered" : "doubled"] += 1;
    return late ? "reordered" : "doubled";
  }

  #miss(last: number, next: number): void {
    for (let n = last + 1; n < next; n++) this.#missing.add(n);
  }
}
