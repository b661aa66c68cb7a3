/**
 * Worker: a piece of a raw deflate stream that says once more what the stream said last. Pure.
 * An inflater that is given it puts out its own window, and goes on as if it had not been asked: what it may be referred to is the same.
 * Formats and tables: RFC 1951, 3.2.5 and 3.2.6.
 */

/** The longest that one match copies. Bytes. */
const LONGEST = 258;
const SHORTEST = 3;
const END_OF_BLOCK = 0;
/** What follows a block so that the stream ends at a whole byte: an empty stored block, without the three bits of its head. */
const EMPTY_STORED = [0x00, 0x00, 0xff, 0xff];

export type CopyBlock = {
  readonly bytes: Uint8Array;
  /** What an inflater makes of it: a multiple of the distance. Bytes. */
  readonly yields: number;
};

/** @param distance how much of what was said last to repeat, 1 to 32768 bytes; the stream must have said as much */
export function copyBlock(distance: number): CopyBlock {
  // A match has three bytes at least; and the end of the window is to be what it was.
  const yields = distance < SHORTEST ? distance * SHORTEST : distance;
  const bits = new BitWriter();
  bits.write(0b010, 3); // Not the last block; fixed codes.
  for (const length of matchLengths(yields)) {
    writeLength(bits, length);
    writeDistance(bits, distance);
  }
  bits.writeCode(END_OF_BLOCK, 7);
  bits.write(0b000, 3);
  return { bytes: bits.finish(EMPTY_STORED), yields };
}

/** As few as possible, none of them shorter than a match may be. */
function matchLengths(total: number): number[] {
  const lengths: number[] = [];
  for (let left = total; left > 0; left -= lengths.at(-1) as number) {
    const rest = left - LONGEST;
    lengths.push(rest > 0 && rest < SHORTEST ? LONGEST - SHORTEST : Math.min(left, LONGEST));
  }
  return lengths;
}

function writeLength(bits: BitWriter, length: number): void {
  const { symbol, extra, extraBits } =
    length === LONGEST ? { symbol: 28, extra: 0, extraBits: 0 } : split(length - SHORTEST, 2);
  const long = symbol - 23; // From symbol 280 on, codes have eight bits.
  if (long >= 0) bits.writeCode(0b11000000 + long, 8);
  else bits.writeCode(symbol + 1, 7);
  bits.write(extra, extraBits);
}

function writeDistance(bits: BitWriter, distance: number): void {
  const { symbol, extra, extraBits } = split(distance - 1, 1);
  bits.writeCode(symbol, 5);
  bits.write(extra, extraBits);
}

/** Both tables grow in the same way: `2 ** doubling` symbols for each further bit that is written as it is. */
function split(value: number, doubling: number): { symbol: number; extra: number; extraBits: number } {
  if (value < 2 ** (doubling + 1)) return { symbol: value, extra: 0, extraBits: 0 };
  const extraBits = Math.floor(Math.log2(value)) - doubling;
  const symbol = extraBits * 2 ** doubling + (value >> extraBits);
  return { symbol, extra: value & ((1 << extraBits) - 1), extraBits };
}

class BitWriter {
  readonly #bytes: number[] = [];
  #pending = 0;
  #count = 0;

  /** Numbers begin with their lowest bit. */
  write(value: number, count: number): void {
    this.#pending |= value << this.#count;
    this.#count += count;
    for (; this.#count >= 8; this.#count -= 8) {
      this.#bytes.push(this.#pending & 0xff);
      this.#pending >>>= 8;
    }
  }

  /** Codes begin with their highest bit. */
  writeCode(code: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) this.write((code >> bit) & 1, 1);
  }

  /** @param tail whole bytes */
  finish(tail: readonly number[]): Uint8Array {
    if (this.#count > 0) this.#bytes.push(this.#pending & 0xff);
    return Uint8Array.from([...this.#bytes, ...tail]);
  }
}
