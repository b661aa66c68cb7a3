/** Worker: writes to a stream that may be slow, and says when what was written was taken. */

import type { Writable } from "node:stream";

export class PacedWriter {
  readonly #target: Writable;
  readonly #taken: (bytes: number) => void;
  #waiting = 0;

  /** @param taken called with the bytes that the target has room for again */
  constructor(target: Writable, taken: (bytes: number) => void) {
    this.#target = target;
    this.#taken = taken;
  }

  write(chunk: Buffer): void {
    if (this.#target.write(chunk)) {
      this.#taken(chunk.length);
      return;
    }
    if (this.#waiting === 0) this.#target.once("drain", () => this.#onDrain());
    this.#waiting += chunk.length;
  }

  #onDrain(): void {
    const bytes = this.#waiting;
    this.#waiting = 0;
    this.#taken(bytes);
  }
}
