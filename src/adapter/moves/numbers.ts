/**
 * Adapter: the numbers of acting messages (broadcasts, joins, leaves, disconnects): those that this worker gives, and the highest of
 * each other one that it has handled. Pure.
 */

export class Numbers {
  #last = 0;
  readonly #handled = new Map<string, number>();

  /** The last that was given. Never goes back: what was said of earlier ones stays true. */
  get last(): number {
    return this.#last;
  }

  /** Senders that are remembered. */
  get size(): number {
    return this.#handled.size;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Everything that this sender sent before was handled. */
  handled(sender: string, number: number): void {
    this.#handled.set(sender, Math.max(number, this.of(sender)));
  }

  /** The highest number of this sender that was handled; 0 if none. */
  of(sender: string): number {
    return this.#handled.get(sender) ?? 0;
  }

  forget(): void {
    this.#handled.clear();
  }
}
