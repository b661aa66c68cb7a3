/**
 * Protocol: frames on a Unix socket between two workers. Pure.
 * Layout, big endian: u32 length of what follows · u8 type · u32 stream · payload.
 */

/** Bytes before the payload. */
export const FRAME_HEADER = 9;

/** Largest payload of one frame, in bytes. A longer one closes the link: it is a fault, never a message. */
export const MAX_PAYLOAD = 128 * 1024 * 1024;

export type OnFrame = (type: number, stream: number, payload: Buffer) => void;

/** Writes one frame's header into a new buffer of 9 bytes. */
export function frameHeader(type: number, stream: number, payloadLength: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER);
  header.writeUInt32BE(payloadLength + 5, 0);
  header[4] = type;
  header.writeUInt32BE(stream, 5);
  return header;
}

/** One whole frame as one buffer. */
export function encodeFrame(type: number, stream: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(type, stream, payload.length), payload]);
}

/** Thrown by {@link FrameReader.push} for bytes that are no frame. */
export class FrameError extends Error {}

/** Cuts a stream of bytes, in pieces of any size, into frames. Payloads are views: copy what outlives the callback's turn. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #needed = FRAME_HEADER;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** @throws {FrameError} when a length is out of bounds; nothing may be pushed after that. */
  push(chunk: Buffer): void {
    if (this.#pendingBytes === 0) {
      this.#read(chunk);
      return;
    }
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    // Joining only once a whole frame is there keeps a large frame linear in its size.
    if (this.#pendingBytes < this.#needed) return;
    const joined = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#read(joined);
  }

  #read(buffer: Buffer): void {
    let offset = 0;
    this.#needed = FRAME_HEADER;
    while (buffer.length - offset >= FRAME_HEADER) {
      const length = buffer.readUInt32BE(offset);
      if (length < 5 || length - 5 > MAX_PAYLOAD) throw new FrameError(`frame of ${length} bytes`);
      const end = offset + 4 + length;
      if (end > buffer.length) {
        this.#needed = end - offset;
        break;
      }
      this.#onFrame(
        buffer[offset + 4] as number,
        buffer.readUInt32BE(offset + 5),
        buffer.subarray(offset + FRAME_HEADER, end),
      );
      offset = end;
    }
    if (offset < buffer.length) {
      const rest = buffer.subarray(offset);
      this.#pending.push(rest);
      this.#pendingBytes = rest.length;
    }
  }
}
