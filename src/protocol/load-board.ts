/**
 * Protocol: how many sessions each worker holds, in a small file that all workers of a fleet map by `pread` and `pwrite`.
 * A row of 8 bytes a slot: u32 takes new sessions (1) or not (0) · u32 sessions, open or about to be.
 * A system call of two microseconds is always up to date, where a message would be late in just the burst that matters.
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { MAX_SLOTS } from "../routing/sid.js";
import { loadFile } from "./runtime-directory.js";

const ROW = 8;

export type LoadRow = { readonly slot: number; readonly load: number };

export class LoadBoard {
  readonly #file: number;
  readonly #slot: number;
  readonly #own = Buffer.alloc(ROW);
  readonly #all = Buffer.alloc(ROW * MAX_SLOTS);

  /** @throws the system's error when the file cannot be opened */
  constructor(directory: string, slot: number) {
    this.#file = openBoard(directory);
    this.#slot = slot;
    this.#write();
  }

  /** Whether this slot takes new sessions. */
  setReady(ready: boolean): void {
    this.#own.writeUInt32LE(ready ? 1 : 0, 0);
    this.#write();
  }

  setLoad(sessions: number): void {
    this.#own.writeUInt32LE(sessions, 4);
    this.#write();
  }

  /** The slots that take new sessions now. */
  read(): LoadRow[] {
    const bytes = readSync(this.#file, this.#all, 0, this.#all.length, 0);
    const rows: LoadRow[] = [];
    for (let offset = 0; offset + ROW <= bytes; offset += ROW) {
      if (this.#all.readUInt32LE(offset) !== 1) continue;
      rows.push({ slot: offset / ROW, load: this.#all.readUInt32LE(offset + 4) });
    }
    return rows;
  }

  close(): void {
    this.setReady(false);
    closeSync(this.#file);
  }

  #write(): void {
    writeSync(this.#file, this.#own, 0, ROW, this.#slot * ROW);
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
