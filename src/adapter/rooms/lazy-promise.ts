/** Adapter, in a worker: a promise whose work begins when somebody first waits for it: who does not wait pays nothing. Pure. */

export class LazyPromise implements Promise<void> {
  readonly [Symbol.toStringTag] = "Promise";
  readonly #begin: () => Promise<void>;
  #begun: Promise<void> | undefined;

  /** @param begin called once at most, by the first who waits */
  constructor(begin: () => Promise<void>) {
    this.#begin = begin;
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is what it is for
  get then(): Promise<void>["then"] {
    return (kept, broken) => this.#work().then(kept, broken);
  }

  get catch(): Promise<void>["catch"] {
    return (broken) => this.#work().catch(broken);
  }

  get finally(): Promise<void>["finally"] {
    return (after) => this.#work().finally(after);
  }

  #work(): Promise<void> {
    this.#begun ??= this.#begin();
    return this.#begun;
  }
}
