/**
 * Primary: the last lines of all workers and of the log, for `holdfast logs`. Bounded in bytes; who follows is told of each new line
 * and must not wait.
 */

import type { LogLine } from "../protocol/log-line.js";

/** Of all lines together. Bytes. */
const MOST_BYTES = 2 ** 20;
/** Of a longer line the beginning is kept. Bytes. */
const LONGEST_LINE = 16 * 1024;
/** What a line costs beside its text, about. Bytes. */
const OVERHEAD = 100;

export type LogQuery = {
  /** Only what this slot's workers printed, and what the log says of them. */
  readonly slot?: number;
  /** At most so many of the last lines. */
  readonly lines: number;
};

type Addition = Omit<LogLine, "time" | "text"> & { readonly line: Buffer };
type Listener = (line: LogLine) => void;

export class LogHistory {
  readonly #mostBytes: number;
  readonly #listeners = new Set<Listener>();
  readonly #lines: LogLine[] = [];
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  add({ line, ...where }: Addition): void {
    const text = line
      .subarray(0, LONGEST_LINE)
      .toString()
      .replace(/\r?\n$/, "");
    const entry: LogLine = { time: Date.now(), ...where, text };
    this.#lines.push(entry);
    this.#bytes += costOf(entry);
    this.#forget();
    for (const listener of this.#listeners) listener(entry);
  }

  /** The last lines that fit the question, oldest first. */
  last({ slot, lines }: LogQuery): LogLine[] {
    const fitting = slot === undefined ? this.#lines : this.#lines.filter((line) => line.slot === slot);
    return lines === 0 ? [] : fitting.slice(-lines);
  }

  /** @returns a function that ends it */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #forget(): void {
    while (this.#bytes > this.#mostBytes) {
      const oldest = this.#lines.shift();
      if (oldest === undefined) return;
      this.#bytes -= costOf(oldest);
    }
  }
}

/** A string of Latin letters has one byte for each. */
function costOf({ text }: LogLine): number {
  return text.length + OVERHEAD;
}
