/** Bus benchmark, client: which of the sessions that servers placed where they liked are kept. Pure. */

export type PlacementWish = { readonly workers: number; readonly sessionsEach: number };

export class Placement {
  readonly #wish: PlacementWish;
  readonly #kept = new Map<string, number>();

  constructor(wish: PlacementWish) {
    this.#wish = wish;
  }

  get full(): boolean {
    const counts = [...this.#kept.values()];
    return counts.length === this.#wish.workers && counts.every((count) => count === this.#wish.sessionsEach);
  }

  /**
   * @param worker as the session's first response names it
   * @returns whether the session is one of those wanted there; the others are closed once all are placed
   * @throws when there are more workers than there should be
   */
  keep(worker: string): boolean {
    const kept = this.#kept.get(worker) ?? 0;
    if (kept === 0 && this.#kept.size === this.#wish.workers) {
      throw new Error(
        `sessions met worker ${worker}, one more than the ${this.#wish.workers} that were started`,
      );
    }
    if (kept < this.#wish.sessionsEach) this.#kept.set(worker, kept + 1);
    return kept < this.#wish.sessionsEach;
  }

  /** For an error: what is there so far. */
  get text(): string {
    return [...this.#kept].map(([worker, count]) => `${worker}: ${count}`).join(", ");
  }
}
