/**
 * Protocol: the bytes of a link that its socket does not take yet. Small buffers are copied into slabs, because thousands of
 * them cost several times the memory of their bytes; large ones are kept as they are. Pure.
 */

/** From here a buffer is kept, not copied: what it costs beside its bytes no longer counts. Bytes. */
const KEEP = 16 * 1024;
const SMALLEST_SLAB = 4 * 1024;
const LARGEST_SLAB = 64 * 1024;

export class Backlog {
  /** In order; behind them comes what is in the slab and was not taken. */
  #pieces: Buffer[] = [];
  #slab = Buffer.alloc(0);
  /** The part of the slab that was filled, and not taken. */
  #start = 0;
  #end = 0;
  #bytes = 0;

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a buffer in. A large one must not be changed until it was written. */
  push(buffer: Buffer): void {
    this.#bytes += buffer.length;
    if (buffer.length >= KEEP) {
      this.#cut();
      this.#pieces.push(buffer);
    } else {
      this.#copy(buffer);
    }
  }

  /** Takes out the oldest buffers: whole ones, until they have at least `limit` bytes together. None when nothing waits. */
  take(limit: number): Buffer[] {
    let count = 0;
    let bytes = 0;
    while (bytes < limit && count < this.#pieces.length) bytes += (this.#pieces[count++] as Buffer).length;
    const taken = this.#pieces.splice(0, count);
    if (bytes < limit && this.#end > this.#start) {
      bytes += this.#end - this.#start;
      this.#cut();
      taken.push(...this.#pieces.splice(0));
    }
    this.#bytes -= bytes;
    return taken;
  }

  clear(): void {
    this.#pieces = [];
    this.#slab = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
    this.#bytes = 0;
  }

  #copy(buffer: Buffer): void {
    let copied = 0;
    while (copied < buffer.length) {
      if (this.#end === this.#slab.length) this.#newSlab();
      const length = buffer.copy(this.#slab, this.#end, copied);
      copied += length;
      this.#end += length;
    }
  }

  /** Makes a piece of what is in the slab; what comes next goes behind it, into the same slab. */
  #cut(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** The first ones are small, so that a short wait costs little. */
  #newSlab(): void {
    this.#cut();
    this.#slab = Buffer.allocUnsafeSlow(Math.min(LARGEST_SLAB, Math.max(SMALLEST_SLAB, this.#bytes)));
    this.#start = 0;
    this.#end = 0;
  }
}
