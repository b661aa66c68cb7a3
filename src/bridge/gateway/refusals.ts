/** Bridge: counts the connections that the gateway refused, and says so seldom: whoever reaches the port could fill the log. */

/** Between two sentences. Milliseconds. */
const QUIET = 60_000;

export class Refusals {
  count = 0;
  readonly #say: (sentence: string) => void;
  readonly #now: () => number;
  #said: { readonly at: number; readonly count: number } | undefined;

  /** @param now monotonic, in milliseconds */
  constructor(say: (sentence: string) => void, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#now = now;
  }

  /** @param from its address @param why continues "… was refused: " */
  add(from: string | undefined, why: string): void {
    this.count += 1;
    const now = this.#now();
    if (this.#said !== undefined && now - this.#said.at < QUIET) return;
    const others = this.count - 1 - (this.#said?.count ?? 0);
    this.#said = { at: now, count: this.count };
    const more = others > 0 ? ` So were ${others} others since this was last said.` : "";
    this.#say(
      `A connection to the gateway from ${from ?? "somebody who is gone"} was refused: ${why}.${more}`,
    );
  }
}
