import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { copyBlock } from "../../../../src/worker/internals/copy-block.js";

const finishFlush = constants.Z_SYNC_FLUSH;
/** All that need different codes, and around each limit. */
const DISTANCES = [
  ...Array.from({ length: 600 }, (_, index) => index + 1),
  ...[1023, 1024, 1025, 4096, 4097, 16_384, 24_576, 24_577, 32_505, 32_506, 32_507, 32_766, 32_767, 32_768],
];

describe("a copy block", () => {
  it("makes an inflater say its last bytes again, however many", () => {
    for (const distance of DISTANCES) {
      const said = randomBytes(distance);
      const stream = Buffer.concat([stored(said), copyBlock(distance).bytes]);
      const plain = inflateRawSync(stream, { finishFlush });
      expect(plain.length).toBe(distance + copyBlock(distance).yields);
      expect(plain.subarray(distance, 2 * distance).equals(said)).toBe(true);
    }
  });

  it("leaves the end of the window as it was", () => {
    for (const distance of DISTANCES) {
      const said = randomBytes(distance);
      const stream = Buffer.concat([stored(said), copyBlock(distance).bytes]);
      const plain = inflateRawSync(stream, { finishFlush });
      expect(plain.subarray(-distance).equals(said)).toBe(true);
    }
  });

  it("is refused by an inflater that has said less", () => {
    const stream = Buffer.concat([stored(randomBytes(99)), copyBlock(100).bytes]);
    expect(() => inflateRawSync(stream, { finishFlush })).toThrow(/too far back/);
  });

  it("says what the inflater was given as a dictionary", () => {
    const dictionary = randomBytes(512);
    const plain = inflateRawSync(copyBlock(512).bytes, { dictionary, windowBits: 9, finishFlush });
    expect(plain.equals(dictionary)).toBe(true);
  });
});

/** Bytes as a stream that goes on. */
function stored(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { level: 0, finishFlush });
}
