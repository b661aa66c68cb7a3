/**
 * Worker: which sessions are on their way from this worker or to it, for requests that come for them. One that is under way is waited
 * for; one that another worker has is asked for there; should that one die before it has all, the session comes back.
 */

import { type Deferred, deferred } from "../../base/deferred.js";

type Away = {
  /** Undefined while it is under way. */
  slot: number | undefined;
  /** Settles when it is known where the session is. */
  readonly known: Deferred<void>;
  /** Settles when it is back, or can never be again. */
  readonly decided: Deferred<void>;
  final: boolean;
};

export class Transit {
  readonly #away = new Map<string, Away>();

  /** For the fast path: nobody is away. */
  get empty(): boolean {
    return this.#away.size === 0;
  }

  /** It is on its way, from here or to here. */
  leaves(sid: string): void {
    this.#away.set(sid, { slot: undefined, known: deferred(), decided: deferred(), final: false });
  }

  /** The worker of `slot` has it. */
  moved(sid: string, slot: number): void {
    const away = this.#away.get(sid);
    if (away === undefined) return;
    away.slot = slot;
    away.known.resolve();
  }

  /** It is here, or nowhere. */
  returned(sid: string): void {
    const away = this.#away.get(sid);
    this.#away.delete(sid);
    away?.known.resolve();
    away?.decided.resolve();
  }

  /** It will not come back. Where it is stays known. */
  final(sid: string): void {
    const away = this.#away.get(sid);
    if (away === undefined) return;
    away.final = true;
    away.decided.resolve();
  }

  /** The slot of the worker that has it; undefined: it never left, or is under way. */
  slotOf(sid: string): number | undefined {
    return this.#away.get(sid)?.slot;
  }

  /** @returns a promise for a session that is under way, and undefined for all others */
  underWay(sid: string): Promise<void> | undefined {
    const away = this.#away.get(sid);
    return away === undefined || away.slot !== undefined ? undefined : away.known.promise;
  }

  /** @returns a promise for a session that may come back, and undefined for all others */
  undecided(sid: string): Promise<void> | undefined {
    const away = this.#away.get(sid);
    return away === undefined || away.final ? undefined : away.decided.promise;
  }
}
