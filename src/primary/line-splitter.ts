/** Primary, pure: cuts a stream of bytes into lines without changing a byte. */

const NEWLINE = 10;

/** A longer piece without an end is passed on as it is, so that nothing is kept for ever. Bytes. */
export const MAX_KEPT = 64 * 1024;

/** `begins`: the piece is the beginning of a line. `ends`: it ends with the newline, which it contains. */
export type Piece = { readonly bytes: Buffer; readonly begins: boolean; readonly ends: boolean };

export class LineSplitter {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #midLine = false;

  /** @returns whole lines, and a piece of a line that is too long to wait for its end */
  push(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(this.#take(chunk.subarray(start, end + 1), true));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    if (this.#keptBytes > MAX_KEPT) pieces.push(this.#take(Buffer.alloc(0), false));
    return pieces;
  }

  /** The stream has ended. @returns what was not followed by a newline, if anything */
  flush(): Piece | undefined {
    return this.#keptBytes === 0 ? undefined : this.#take(Buffer.alloc(0), false);
  }

  #keep(bytes: Buffer): void {
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  #take(last: Buffer, ends: boolean): Piece {
    const bytes = this.#kept.length === 0 ? last : Buffer.concat([...this.#kept, last]);
    const begins = !this.#midLine;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#midLine = !ends;
    return { bytes, begins, ends };
  }
}
