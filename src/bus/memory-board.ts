/** Bus: the board of the memory bus. */

import type { PeerIdentity } from "../protocol/hello.js";
import { BOARD_CELLS, type Board } from "./bus.js";
import { peerKey } from "./peer-table.js";

/** The rows of all workers of one network, by the key of the worker. */
export type BoardRows = Map<string, Uint32Array>;

export class MemoryBoard implements Board {
  readonly #rows: BoardRows;
  readonly #own: Uint32Array;

  constructor(rows: BoardRows, self: PeerIdentity) {
    this.#rows = rows;
    // Not 0, so that whoever takes a row that was never written for one that is up to date is found out.
    this.#own = new Uint32Array(BOARD_CELLS).fill(4_000_000_000 + rows.size);
    rows.set(peerKey(self), this.#own);
  }

  add(cell: number): void {
    this.#own[cell] = (this.#own[cell] ?? 0) + 1;
  }

  own(): Uint32Array {
    return this.#own;
  }

  read(cell: number): Uint32Array {
    return Uint32Array.from([...this.#rows.values()], (row) => row[cell] ?? 0);
  }

  rowOf(worker: PeerIdentity): number {
    return [...this.#rows.keys()].indexOf(peerKey(worker));
  }
}
