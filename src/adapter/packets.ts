/**
 * Adapter: packets that the sender's encoder has made, as the body of a broadcast. Pure.
 * For each: u8 0 for text, 1 for binary · u32 length · bytes. Receivers write the very same to their clients.
 */

import { WireError } from "./wire.js";

const TEXT = 0;
const BINARY = 1;
const PREFIX = 5;

/** @throws {TypeError} for an encoder that makes neither text nor bytes */
export function packetsToBody(packets: readonly unknown[]): Buffer[] {
  const body: Buffer[] = [];
  for (const packet of packets) {
    const bytes = typeof packet === "string" ? Buffer.from(packet) : bytesOf(packet);
    const prefix = Buffer.allocUnsafe(PREFIX);
    prefix[0] = typeof packet === "string" ? TEXT : BINARY;
    prefix.writeUInt32BE(bytes.length, 1);
    body.push(prefix, bytes);
  }
  return body;
}

function bytesOf(packet: unknown): Buffer {
  if (Buffer.isBuffer(packet)) return packet;
  if (ArrayBuffer.isView(packet)) return Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  if (packet instanceof ArrayBuffer) return Buffer.from(packet);
  throw new TypeError(`the encoder made ${typeof packet}, which is neither text nor bytes`);
}

/** Binary packets are copies: they outlive the bus's buffer in the queues of clients. @throws {WireError} */
export function packetsFromBody(body: Buffer): (string | Buffer)[] {
  const packets: (string | Buffer)[] = [];
  for (let offset = 0; offset < body.length; ) {
    if (offset + PREFIX > body.length) throw new WireError("a packet without a length");
    const start = offset + PREFIX;
    const end = start + body.readUInt32BE(offset + 1);
    if (end > body.length) throw new WireError("a packet that is cut off");
    if (body[offset] === TEXT) packets.push(body.toString("utf8", start, end));
    else packets.push(Buffer.from(body.subarray(start, end)));
    offset = end;
  }
  if (packets.length === 0) throw new WireError("a broadcast without a packet");
  return packets;
}
