/** Arbitraries of bytes that a link may bring when its other end is broken, and what must become of them. */

import fc from "fast-check";
import { MAX_CHANNELS, MeshFrame } from "../../src/bus/mesh-frames.js";
import { encodeFrame, FRAME_HEADER, MAX_PAYLOAD } from "../../src/protocol/frames.js";
import { mutated } from "../helpers/mutated-bytes.js";

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const identity = JSON.stringify({ host: 0, slot: 9, incarnation: "x", generation: 1 });

const payload = fc.oneof(
  bytes(64),
  fc.json().map((text) => Buffer.from(text)),
  fc.constantFrom("", "duplicate", "closed", "contract", identity).map((text) => Buffer.from(text)),
);

const frame = fc
  .tuple(
    fc.oneof(fc.constantFrom(...Object.values(MeshFrame)), fc.nat(16), fc.nat(255)),
    fc.oneof(fc.nat(4), fc.constantFrom(MAX_CHANNELS - 1, MAX_CHANNELS, 0xffffffff), fc.nat(0xffffffff)),
    payload,
  )
  .map(([type, stream, body]) => encodeFrame(type, stream, body));

/** Whole frames, though not always such that make sense. */
const conversation = fc.array(frame, { minLength: 1, maxLength: 8 }).map((frames) => Buffer.concat(frames));

/** From bytes without any sense to frames with almost all of it. */
export const hostileBytes = fc.oneof(bytes(200), conversation, mutated(conversation));

/** Whether one of the lengths in it is out of bounds, by the rule of docs/protocol.md and no code of the mesh. */
export function hasBadLength(bytes: Buffer): boolean {
  for (let offset = 0; offset + FRAME_HEADER <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    if (length < 5 || length > MAX_PAYLOAD + 5) return true;
    offset += 4 + length;
  }
  return false;
}
