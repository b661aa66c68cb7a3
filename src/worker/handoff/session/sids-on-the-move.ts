/** Worker: sessions that have left and were not accepted yet. Requests for them wait: nobody knows them in this moment. */

import { type Deferred, deferred } from "../../../base/deferred.js";

export class SidsOnTheMove {
  readonly #moves = new Map<string, Deferred<void>>();

  begin(sid: string): void {
    this.end(sid);
    this.#moves.set(sid, deferred());
  }

  /** It is known again: elsewhere, or here. */
  end(sid: string): void {
    this.#moves.get(sid)?.resolve();
    this.#moves.delete(sid);
  }

  /** @returns undefined where a request need not wait */
  settled(sid: string): Promise<void> | undefined {
    return this.#moves.get(sid)?.promise;
  }
}
