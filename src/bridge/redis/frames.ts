/**
 * Bridge, pure: what travels in a message of Redis. docs/several-hosts.md has the layout: u8 kind · u16 sender's host number ·
 * u32 sender's epoch · u32 number of the next message in the sender's stream · body.
 */

/** The body of DIRECT and ALL is a row of messages, each with its length (u32) before it. */
export const FrameKind = {
  /** Messages for one host; each receiver has a stream of its own. */
  DIRECT: 1,
  /** Messages for all hosts. */
  ALL: 2,
  /** "I live, I hear these hosts, and so far I sent this many": once a beat, and when that changes. */
  MARK: 3,
  /** The sender leaves. */
  LEAVE: 4,
  /** To whoever is there, on a channel that all hear: look at the list of hosts. */
  POKE: 5,
  /** Of the sender's messages some may be missing before this. */
  DOUBT: 6,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export type FrameHead = {
  readonly kind: FrameKind;
  readonly host: number;
  /** Unlike that of any other life of a bridge. */
  readonly epoch: number;
  /** Of the first message of the body; of a MARK: of the next message to all. */
  readonly sequence: number;
};

/** One host that the sender hears. */
export type MarkEntry = {
  readonly host: number;
  readonly epoch: number;
  /** Of the next message to this host alone. */
  readonly sequence: number;
};

export const HEAD_BYTES = 11;
const LENGTH_BYTES = 4;
const ENTRY_BYTES = 10;

export function encodeFrame(head: FrameHead, payloads: readonly Buffer[] = []): Buffer {
  let size = HEAD_BYTES;
  for (const payload of payloads) size += LENGTH_BYTES + payload.length;
  const frame = Buffer.allocUnsafe(size);
  writeHead(frame, head);
  let at = HEAD_BYTES;
  for (const payload of payloads) {
    at = frame.writeUInt32BE(payload.length, at);
    frame.set(payload, at);
    at += payload.length;
  }
  return frame;
}

export function encodeMark(head: FrameHead, heard: readonly MarkEntry[]): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + heard.length * ENTRY_BYTES);
  writeHead(frame, head);
  let at = HEAD_BYTES;
  for (const entry of heard) {
    at = frame.writeUInt16BE(entry.host, at);
    at = frame.writeUInt32BE(entry.epoch, at);
    at = frame.writeUInt32BE(entry.sequence, at);
  }
  return frame;
}

/** @returns undefined for what is no frame of this format */
export function decodeHead(frame: Buffer): FrameHead | undefined {
  const kind = frame[0];
  if (frame.length < HEAD_BYTES || kind === undefined || kind < FrameKind.DIRECT || kind > FrameKind.DOUBT)
    return undefined;
  return {
    kind: kind as FrameKind,
    host: frame.readUInt16BE(1),
    epoch: frame.readUInt32BE(3),
    sequence: frame.readUInt32BE(7),
  };
}

/** Views of the messages of a DIRECT or ALL. @returns undefined where the lengths do not fit the frame */
export function payloadsOf(frame: Buffer): Buffer[] | undefined {
  const payloads: Buffer[] = [];
  let at = HEAD_BYTES;
  while (at < frame.length) {
    if (at + LENGTH_BYTES > frame.length) return undefined;
    const start = at + LENGTH_BYTES;
    at = start + frame.readUInt32BE(at);
    if (at > frame.length) return undefined;
    payloads.push(frame.subarray(start, at));
  }
  return payloads;
}

/** @returns undefined where the body is no row of entries */
export function marksOf(frame: Buffer): MarkEntry[] | undefined {
  if ((frame.length - HEAD_BYTES) % ENTRY_BYTES !== 0) return undefined;
  const entries: MarkEntry[] = [];
  for (let at = HEAD_BYTES; at < frame.length; at += ENTRY_BYTES) {
    entries.push({
      host: frame.readUInt16BE(at),
      epoch: frame.readUInt32BE(at + 2),
      sequence: frame.readUInt32BE(at + 6),
    });
  }
  return entries;
}

/** The number after `count` more; numbers begin again after 2^32 messages. */
export function later(sequence: number, count = 1): number {
  return (sequence + count) >>> 0;
}

/** By how much `sequence` is ahead of what was expected; negative: it was seen already. */
export function ahead(sequence: number, expected: number): number {
  return (sequence - expected) | 0;
}

function writeHead(frame: Buffer, { kind, host, epoch, sequence }: FrameHead): void {
  frame[0] = kind;
  frame.writeUInt16BE(host, 1);
  frame.writeUInt32BE(epoch, 3);
  frame.writeUInt32BE(sequence, 7);
}
