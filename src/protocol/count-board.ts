/**
 * Protocol: counters that every worker of a host sees the moment they change, in a file that all read and write in place: a message
 * about the same thing is under way for a while, and the board tells that it is. Each worker has a row of cells that it alone writes.
 * Layout: a line a cell, with one u32 in native byte order for each row, so that one system call reads a cell of all workers.
 */

import { randomInt } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { BRIDGE_SLOT } from "./bridge-messages.js";
import type { PeerIdentity } from "./hello.js";
import { countFile } from "./runtime-directory.js";

/** Workers of higher slots are not on the board. */
const SLOTS = 64;
/** A slot has two workers during a reload, of generations that follow one another. So may the bridge have, behind them. */
const ROWS = 2 * (SLOTS + 1);
const CELL = 4;
const LINE = ROWS * CELL;
const NOTHING = new Uint32Array();

export class CountBoard {
  readonly cells: number;
  readonly #file: number;
  readonly #host: number;
  readonly #row: number;
  readonly #own: Uint32Array;
  readonly #cell = new Uint32Array(1);
  readonly #line = new Uint32Array(ROWS);
  #closed = false;

  /** @throws the system's error when the file cannot be opened or written */
  constructor(directory: string, self: PeerIdentity, cells: number) {
    this.cells = cells;
    this.#host = self.host;
    this.#row = this.rowOf(self);
    this.#file = open(countFile(directory), cells * LINE);
    // Not 0: what a worker before this one left must not look like ours. Written now, so that the space is there later.
    this.#own = new Uint32Array(cells).fill(randomInt(2 ** 32));
    for (let cell = 0; cell < cells; cell++) this.#write(cell);
  }

  /** Adds 1 to a cell of this worker; every other sees it when this returns. */
  add(cell: number): void {
    this.#own[cell] = (this.#own[cell] ?? 0) + 1;
    try {
      this.#write(cell);
    } catch {
      // The space is there since the start: only a disk that fails comes here. The message that follows says the same a little later.
    }
  }

  /** This worker's cells. A view. */
  own(): Uint32Array {
    return this.#own;
  }

  /** A cell of all workers, by row. The same array each time; empty where it cannot be read. */
  read(cell: number): Uint32Array {
    if (this.#closed) return NOTHING;
    try {
      readSync(this.#file, this.#line, 0, LINE, cell * LINE);
      return this.#line;
    } catch {
      return NOTHING;
    }
  }

  /** The row of a worker; -1 where it has none: its counters are never seen. */
  rowOf({ host, slot, generation }: PeerIdentity): number {
    const line = slot === BRIDGE_SLOT ? SLOTS : slot;
    return host === this.#host && line <= SLOTS && slot !== SLOTS ? 2 * line + (generation & 1) : -1;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #write(cell: number): void {
    if (this.#row < 0 || this.#closed) return;
    this.#cell[0] = this.#own[cell] ?? 0;
    writeSync(this.#file, this.#cell, 0, CELL, cell * LINE + this.#row * CELL);
  }
}

function open(path: string, length: number): number {
  // "r+" does not make the file, "w+" would empty it under the others.
  closeSync(openSync(path, "a", 0o600));
  const file = openSync(path, "r+");
  ftruncateSync(file, length);
  return file;
}
