/** Worker: flow control of one direction of a stream. Pure but for the two callbacks. */

import { CHUNK, WINDOW } from "../../protocol/forward-frames.js";

/** The sending side: holds back what the receiver has no room for. */
export class SendWindow {
  readonly #send: (chunk: Buffer) => void;
  #credit = WINDOW;
  #held: { chunk: Buffer; sent: () => void } | undefined;
  #finished: (() => void) | undefined;

  /** @param send writes one piece of at most 64 KiB to the link */
  constructor(send: (chunk: Buffer) => void) {
    this.#send = send;
  }

  /** @param sent called once all of `chunk` left; one chunk at a time @returns whether it left at once */
  write(chunk: Buffer, sent: () => void): boolean {
    const rest = this.#push(chunk);
    if (rest.length === 0) {
      sent();
      return true;
    }
    this.#held = { chunk: rest, sent };
    return false;
  }

  /**
   * @param finished called once everything that was written has left. A readable stream says `end` in spite of a pause when its
   * last chunk was the one that made us pause, so the end must not overtake what is held.
   */
  finish(finished: () => void): void {
    if (this.#held === undefined) finished();
    else this.#finished = finished;
  }

  /** The receiver made room. */
  grant(bytes: number): void {
    this.#credit += bytes;
    const held = this.#held;
    if (held === undefined) return;
    const rest = this.#push(held.chunk);
    this.#held = rest.length === 0 ? undefined : { chunk: rest, sent: held.sent };
    if (rest.length > 0) return;
    held.sent();
    this.#finished?.();
  }

  #push(chunk: Buffer): Buffer {
    let rest = chunk;
    while (rest.length > 0 && this.#credit > 0) {
      const piece = rest.subarray(0, Math.min(CHUNK, this.#credit));
      this.#credit -= piece.length;
      this.#send(piece);
      rest = rest.subarray(piece.length);
    }
    return rest;
  }
}

/** The receiving side: grants again what was consumed, in few and large steps. */
export class ReceiveWindow {
  readonly #grant: (bytes: number) => void;
  #consumed = 0;

  constructor(grant: (bytes: number) => void) {
    this.#grant = grant;
  }

  consumed(bytes: number): void {
    this.#consumed += bytes;
    if (this.#consumed < WINDOW / 4) return;
    this.#grant(this.#consumed);
    this.#consumed = 0;
  }
}
