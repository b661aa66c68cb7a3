/**
 * Worker: what was read of a WebSocket and not handed on yet, as bytes that a new reader takes from its beginning (RFC 6455, 5.2). The new
 * reader then needs no private state: it reads a stream that could have come from the client. Pure.
 */

import type { ReaderPosition } from "../../internals/websocket.js";

const HEADER = 0;
const LENGTH_16 = 1;
const LENGTH_64 = 2;
const PAYLOAD = 4;

const FINAL = 0x80;
const COMPRESSED = 0x40;
const MASKED = 0x80;
const CONTINUATION = 0;
const FIRST_CONTROL = 8;

/** @returns undefined where it cannot be said in bytes: something is being decompressed, or was in part */
export function unreadBytes(position: ReaderPosition): Buffer | undefined {
  const { step, fragmented, compressed, unread } = position;
  if (step > PAYLOAD) return undefined;
  if (fragmented !== 0 && compressed) return undefined;
  const begun = step === HEADER ? [] : frameHead(position);
  return Buffer.concat([...earlierFragments(position), ...begun, ...unread]);
}

/** All fragments that are complete, as one. A frame that is about to be the first fragment itself needs none before it. */
function earlierFragments(position: ReaderPosition): Buffer[] {
  const { fragmented, fragments } = position;
  if (fragmented === 0) return [];
  if (fragments.length === 0 && isData(position)) return [];
  const payload = Buffer.concat(fragments);
  // Masked with zeros, which changes nothing.
  return [header(fragmented, MASKED, payload.length), Buffer.alloc(4), payload];
}

/** The header of the frame that has begun, as far as it was read. */
function frameHead(position: ReaderPosition): Buffer[] {
  const { step, masked, length, mask } = position;
  const first = firstByte(position);
  const bit = masked ? MASKED : 0;
  if (step === LENGTH_16) return [Buffer.from([first, bit | 126])];
  if (step === LENGTH_64) return [Buffer.from([first, bit | 127])];
  const head = header(first, bit, length);
  return step === PAYLOAD && masked && mask !== undefined ? [head, Buffer.from(mask)] : [head];
}

function firstByte(position: ReaderPosition): number {
  const { final, opcode, compressed, fragments } = position;
  const end = final ? FINAL : 0;
  if (opcode >= FIRST_CONTROL) return end | opcode;
  // Fragments without a byte leave no trace: what follows them may as well be the first.
  if (fragments.length > 0) return end | CONTINUATION;
  return end | (compressed ? COMPRESSED : 0) | opcode;
}

/** Whether a frame has begun that is part of a message. */
const isData = ({ step, opcode }: ReaderPosition): boolean => step !== HEADER && opcode < FIRST_CONTROL;

function header(first: number, masked: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, masked | length]);
  const long = Buffer.alloc(length < 65536 ? 4 : 10);
  long[0] = first;
  long[1] = masked | (length < 65536 ? 126 : 127);
  if (length < 65536) long.writeUInt16BE(length, 2);
  else long.writeBigUInt64BE(BigInt(length), 2);
  return long;
}
