import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameError, FrameReader, MAX_PAYLOAD } from "../../../src/protocol/frames.js";

type Frame = { type: number; stream: number; payload: string };

const frame = fc.record({
  type: fc.nat(255),
  stream: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("hex")),
});

function read(chunks: Buffer[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((type, stream, payload) =>
    frames.push({ type, stream, payload: payload.toString("hex") }),
  );
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let rest = bytes;
  for (let index = 0; rest.length > 0; index++) {
    const size = sizes.length === 0 ? rest.length : (sizes[index % sizes.length] as number);
    chunks.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return chunks;
}

describe("FrameReader", () => {
  it("gives back every frame, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 40 })), (frames, sizes) => {
        const bytes = Buffer.concat(
          frames.map(({ type, stream, payload }) => encodeFrame(type, stream, Buffer.from(payload, "hex"))),
        );
        expect(read(cut(bytes, sizes))).toEqual(frames);
      }),
    );
  });

  it("refuses a length that is too small or too large", () => {
    for (const length of [0, 4, MAX_PAYLOAD + 6, 0xffffffff]) {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32BE(length, 0);
      expect(() => read([bytes])).toThrow(FrameError);
    }
  });
});
