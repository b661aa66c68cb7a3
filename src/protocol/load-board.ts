/**
 * Protocol: how many sessions each worker holds, in a small file that all workers of a fleet read and write in place. A system call
 * of two microseconds is always up to date, where a message would be late in just the burst that matters. A row a slot, written by
 * its worker alone (during a reload by the newest of the two): u32 takes new sessions (1) or not · u32 sessions, open or about to be · u32 × 64 sessions sent to each slot ·
 * u32 × 64 sessions received from each slot. What was sent and not yet received is under way, and counts for the slot it goes to.
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { loadFile } from "./runtime-directory.js";

/** Between slots above this, what is under way is not counted: it is a matter of milliseconds, and the table grows by the square. */
const COUNTED_SLOTS = 64;
const CELL = 4;
const READY = 0;
const LOAD = CELL;
const SENT = 2 * CELL;
const RECEIVED = SENT + COUNTED_SLOTS * CELL;
const ROW = RECEIVED + COUNTED_SLOTS * CELL;

export type LoadRow = { readonly slot: number; readonly load: number };

export class LoadBoard {
  readonly #file: number;
  readonly #slot: number;
  readonly #own = Buffer.alloc(ROW);
  #all = Buffer.alloc(ROW * 4);
  #writes: boolean;
  #closed = false;

  /**
   * @param ownsRow false: another worker of this slot writes the row until {@link takeBack}
   * @throws the system's error when the file cannot be opened
   */
  constructor(directory: string, slot: number, ownsRow = true) {
    this.#file = openBoard(directory);
    this.#slot = slot;
    this.#writes = ownsRow;
    this.#writeRow();
  }

  /** Whether this slot takes new sessions. */
  setReady(ready: boolean): void {
    this.#set(READY, ready ? 1 : 0);
    // An older worker of this slot may have written after the row was made, before it knew of this one.
    if (ready) this.#writeRow();
  }

  /** The row belongs to a newer worker of this slot; what this one has to say waits until it is told otherwise. */
  handOver(): void {
    this.#writes = false;
  }

  /** The newer worker is gone: the row says again what this one has. */
  takeBack(): void {
    if (this.#writes) return;
    this.#writes = true;
    this.#writeRow();
  }

  setLoad(sessions: number): void {
    this.#set(LOAD, sessions);
  }

  /** A session is on its way to this slot; -1 when it turned out not to be. */
  sent(to: number, count: 1 | -1): void {
    if (to < COUNTED_SLOTS) this.#add(SENT + to * CELL, count);
  }

  /** A session that this slot had sent is counted here from now on. */
  received(from: number): void {
    if (from < COUNTED_SLOTS) this.#add(RECEIVED + from * CELL, 1);
  }

  /** Another process has this slot now: what was sent to the one before, and came from it, is settled. */
  forget(slot: number): void {
    if (slot >= COUNTED_SLOTS) return;
    this.#set(SENT + slot * CELL, 0);
    this.#set(RECEIVED + slot * CELL, 0);
  }

  /** The slots that take new sessions now, with what they have and what is under way to them. */
  read(): LoadRow[] {
    if (this.#closed) return [];
    let bytes = this.#readAll();
    if (this.#isOverwritten()) {
      this.#writeRow();
      bytes = this.#readAll();
    }
    const rows: LoadRow[] = [];
    for (let offset = 0; offset + ROW <= bytes; offset += ROW) {
      if (this.#all.readUInt32LE(offset + READY) !== 1) continue;
      const slot = offset / ROW;
      rows.push({ slot, load: this.#all.readUInt32LE(offset + LOAD) + this.#underWay(slot, bytes) });
    }
    return rows;
  }

  /** Afterwards nobody is on it any more; sessions that end later need not ask. */
  close(): void {
    if (this.#closed) return;
    this.setReady(false);
    this.#closed = true;
    closeSync(this.#file);
  }

  #underWay(to: number, bytes: number): number {
    if (to >= COUNTED_SLOTS) return 0;
    let count = 0;
    const limit = Math.min(bytes, COUNTED_SLOTS * ROW);
    for (let offset = 0, from = 0; offset + ROW <= limit; offset += ROW, from++) {
      const sent = this.#all.readUInt32LE(offset + SENT + to * CELL);
      if (sent > 0) count += Math.max(0, sent - this.#all.readUInt32LE(to * ROW + RECEIVED + from * CELL));
    }
    return count;
  }

  /** Another worker of this slot, one that is not linked to this one, said of itself that it takes no more. */
  #isOverwritten(): boolean {
    const ready = this.#own.readUInt32LE(READY) === 1;
    return this.#writes && ready && this.#all.readUInt32LE(this.#slot * ROW + READY) !== 1;
  }

  #readAll(): number {
    for (;;) {
      const bytes = readSync(this.#file, this.#all, 0, this.#all.length, 0);
      if (bytes < this.#all.length) return bytes;
      this.#all = Buffer.alloc(this.#all.length * 2);
    }
  }

  #add(offset: number, count: number): void {
    this.#set(offset, Math.max(0, this.#own.readUInt32LE(offset) + count));
  }

  #set(offset: number, value: number): void {
    this.#own.writeUInt32LE(value, offset);
    if (this.#writes && !this.#closed)
      writeSync(this.#file, this.#own, offset, CELL, this.#slot * ROW + offset);
  }

  #writeRow(): void {
    if (this.#writes && !this.#closed) writeSync(this.#file, this.#own, 0, ROW, this.#slot * ROW);
  }
}

/** Takes the row of a dead worker off the board; no error when there is no board. */
export function clearLoadRow(directory: string, slot: number): void {
  try {
    const file = openBoard(directory);
    writeSync(file, Buffer.alloc(ROW), 0, ROW, slot * ROW);
    closeSync(file);
  } catch {
    // The folder is gone: so is the board.
  }
}

function openBoard(directory: string): number {
  // "r+" neither makes nor cuts the file, "a+" would ignore positions on write: so make it first, then open it.
  const path = loadFile(directory);
  closeSync(openSync(path, "a", 0o600));
  return openSync(path, "r+");
}
