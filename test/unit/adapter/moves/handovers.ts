/** Test helper: sessions under way between workers of one host, in batches that arrive, or come back, when the test says so. */

import { arrive, type Batch, depart, type Session, settle, type Worker } from "./moving-fleet.js";

/** Sessions go from one to the other; a worker has one part at a time. */
type Pair = { readonly from: Worker; readonly to: Worker; ready: boolean; readonly batches: Batch[] };

export class Handovers {
  readonly #pairs: Pair[] = [];
  readonly #opening: Promise<void>[] = [];

  get pairs(): readonly Pair[] {
    return this.#pairs;
  }

  /** @returns the pair of this choice; undefined while there is none */
  at(choice: number): Pair | undefined {
    return this.#pairs[choice % this.#pairs.length];
  }

  /** @returns false where one of them has a part already */
  open(from: Worker, to: Worker): boolean {
    const isBusy = (one: Worker): boolean => this.#pairs.some((pair) => pair.from === one || pair.to === one);
    if (from === to || isBusy(from) || isBusy(to)) return false;
    const pair: Pair = { from, to, ready: false, batches: [] };
    this.#pairs.push(pair);
    const mirrored = from.adapter.moves.mirror([to.bus.self.key], 10_000).then(() => {
      pair.ready = true;
    });
    this.#opening.push(mirrored);
    return true;
  }

  /** @param count one less than the sessions that leave at most */
  depart(pair: Pair | undefined, count: number, sessions: readonly Session[]): void {
    if (pair?.ready !== true) return;
    const leaving = sessions.filter(({ worker }) => worker === pair.from).slice(0, count + 1);
    if (leaving.length > 0) pair.batches.push(depart(leaving, pair.to));
  }

  arrive(pair: Pair | undefined): void {
    const batch = pair?.batches.shift();
    if (batch === undefined) return;
    arrive(batch, batch.to);
    settle(batch);
  }

  takeBack(pair: Pair | undefined): void {
    for (const batch of pair?.batches.splice(0) ?? []) arrive(batch, batch.from);
  }

  close(pair: Pair | undefined): void {
    if (pair === undefined || pair.batches.length > 0) return;
    this.#pairs.splice(this.#pairs.indexOf(pair), 1);
    pair.from.adapter.moves.unmirror();
  }

  /** Everything arrives, and nobody mirrors any more. */
  async end(): Promise<void> {
    await Promise.all(this.#opening);
    for (const pair of [...this.#pairs]) {
      while (pair.batches.length > 0) this.arrive(pair);
      this.close(pair);
    }
  }
}
