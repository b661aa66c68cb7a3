import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, MAX_KEPT, type Piece } from "../../../src/primary/line-splitter.js";

/** Pushes the bytes in pieces that end at the given places, then ends the stream. */
function split(bytes: Buffer, cuts: readonly number[]): Piece[] {
  const splitter = new LineSplitter();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  let start = 0;
  for (const place of [...places, bytes.length]) {
    pieces.push(...splitter.push(bytes.subarray(start, place)));
    start = place;
  }
  const rest = splitter.flush();
  return rest === undefined ? pieces : [...pieces, rest];
}

const text = fc
  .array(fc.constantFrom("\n", "a", "é", "\r\n", "\u0000", "long ".repeat(30)))
  .map((parts) => Buffer.from(parts.join("")));

describe("line splitter", () => {
  it("gives back every byte, in order, however the stream was cut", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (bytes, cuts) => {
        expect(Buffer.concat(split(bytes, cuts).map((piece) => piece.bytes))).toEqual(bytes);
      }),
    );
  });

  it("cuts behind each newline and nowhere else, however the stream was cut", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (bytes, cuts) => {
        const lines = bytes.toString("latin1").split(/(?<=\n)/);
        expect(split(bytes, cuts).map((piece) => piece.bytes.toString("latin1"))).toEqual(
          bytes.length === 0 ? [] : lines,
        );
      }),
    );
  });

  it("passes a line that is too long on in pieces, of which only the first begins it and only the last ends it", () => {
    const splitter = new LineSplitter();
    const part = Buffer.alloc(MAX_KEPT + 1, "x");
    const pieces = [...splitter.push(part), ...splitter.push(part), ...splitter.push(Buffer.from("!\nnext"))];
    expect(pieces.map(({ begins, ends }) => ({ begins, ends }))).toEqual([
      { begins: true, ends: false },
      { begins: false, ends: false },
      { begins: false, ends: true },
    ]);
    expect(splitter.flush()).toMatchObject({ begins: true, ends: false });
  });
});
