/**
 * Primary: what the app prints, line by line behind the number of its slot, bytes unchanged. A reader that is slow makes the
 * workers wait; nothing is kept here but the beginning of a line and the last lines of stderr.
 */

import type { Readable, Writable } from "node:stream";
import { LineSplitter, type Piece } from "./line-splitter.js";
import type { LogHistory } from "./log-history.js";

/** Lines of stderr that are kept of each worker. */
const TAIL_LINES = 40;
/** Of a longer line the beginning is kept. Bytes. */
const TAIL_LINE_LENGTH = 2000;

/** One of the primary's own outputs, shared by all workers and the log. */
export class OutputTarget {
  readonly #stream: Writable;
  readonly #paused = new Set<Readable>();
  #gone = false;
  /** The last byte that was written ended a line. */
  #atLineStart = true;
  #last: Readable | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Whoever reads may leave, and a terminal may be closed: the app is served on.
    stream.on("error", () => {
      this.#gone = true;
      this.#resume();
    });
    stream.on("drain", () => this.#resume());
  }

  /** @param source is paused until the target has room again */
  write(piece: Piece, prefix: string, source?: Readable): void {
    if (this.#gone) return;
    // A line of somebody else that has not ended yet is cut off here rather than mixed with this one.
    const goesOn = !piece.begins && this.#last === source;
    const start = goesOn ? "" : `${this.#atLineStart ? "" : "\n"}${prefix}`;
    this.#last = source;
    this.#atLineStart = piece.ends;
    if (start !== "") this.#stream.write(start);
    const room = this.#stream.write(piece.bytes);
    if (room || source === undefined) return;
    source.pause();
    this.#paused.add(source);
  }

  writeLine(text: string): void {
    this.write({ bytes: Buffer.from(`${text}\n`), begins: true, ends: true }, "");
  }

  /** Resolves once everything was handed to the system, or nobody is there to read it. */
  flush(): Promise<void> {
    if (this.#gone) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.once("error", () => resolve());
      this.#stream.write("", () => resolve());
    });
  }

  #resume(): void {
    for (const source of this.#paused) source.resume();
    this.#paused.clear();
  }
}

/** The primary's two outputs, and what is remembered of them. */
export type Outputs = {
  readonly stdout: OutputTarget;
  readonly stderr: OutputTarget;
  readonly history?: LogHistory;
};

/** Copies one stream of a worker to a target until it ends. */
export function copyLines(
  source: Readable,
  target: OutputTarget,
  prefix: string,
  onLine?: (line: Buffer) => void,
): void {
  const splitter = new LineSplitter();
  const pass = (piece: Piece): void => {
    target.write(piece, prefix, source);
    onLine?.(piece.bytes);
  };
  source.on("data", (chunk: Buffer) => {
    for (const piece of splitter.push(chunk)) pass(piece);
  });
  source.on("end", () => {
    const rest = splitter.flush();
    if (rest !== undefined) pass(rest);
  });
  source.on("error", () => {});
}

/** The last lines that a worker wrote to stderr. */
export class Tail {
  readonly #lines: string[] = [];

  add(line: Buffer): void {
    this.#lines.push(line.subarray(0, TAIL_LINE_LENGTH).toString().trimEnd());
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
