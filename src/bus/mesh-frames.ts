/** Bus: frames on a mesh link, behind hello and welcome, and what makes one malformed; docs/protocol.md tells the story. Pure. */

import type { PeerIdentity } from "../protocol/hello.js";

export const MeshFrame = {
  /** From the worker that accepted, its first frame: this link is the one. Payload: its identity as JSON. */
  READY: 2,
  /** Instead of READY: this link is not wanted. Payload: a {@link Refusal}. */
  REFUSED: 3,
  /** The stream number stands for the channel whose name is the payload, until it is given away again. */
  CHANNEL: 4,
  /** A message on the channel that the stream number stands for. */
  MESSAGE: 5,
  /** In the place of messages that did not fit into the queue. Payload: u32, how many. */
  LOST: 6,
  /** Nothing else was sent for a while. No payload. */
  HEARTBEAT: 7,
} as const;

/** `duplicate`: another link between the two is used. `closed`: this worker left the mesh. */
export type Refusal = "duplicate" | "closed";

/** Channel numbers of one direction of one link. Past it the oldest number is given away again. */
export const MAX_CHANNELS = 256;

/** Every frame but a message. */
export type ControlFrame =
  | { readonly is: "ready"; readonly identity: PeerIdentity }
  | { readonly is: "refused"; readonly reason: Refusal }
  | { readonly is: "channel"; readonly number: number; readonly name: string }
  | { readonly is: "lost"; readonly messages: number }
  | { readonly is: "heartbeat" };

/** Thrown for a frame that makes no sense; says why. */
export class MalformedFrame extends Error {}

/** @throws {MalformedFrame} */
export function readControlFrame(type: number, stream: number, payload: Buffer): ControlFrame {
  if (type === MeshFrame.CHANNEL) return readChannel(stream, payload);
  if (stream !== 0) throw new MalformedFrame(`a frame of type ${type} on stream ${stream}`);
  switch (type) {
    case MeshFrame.READY:
      return { is: "ready", identity: readIdentity(payload) };
    case MeshFrame.REFUSED:
      return { is: "refused", reason: readRefusal(payload) };
    case MeshFrame.LOST:
      return { is: "lost", messages: readLost(payload) };
    case MeshFrame.HEARTBEAT:
      if (payload.length > 0) throw new MalformedFrame(`a heartbeat of ${payload.length} bytes`);
      return { is: "heartbeat" };
    default:
      throw new MalformedFrame(`a frame of the unknown type ${type}`);
  }
}

/** @param messages clipped to what 32 bits hold */
export function encodeLost(messages: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(Math.min(messages, 0xffffffff));
  return payload;
}

function readChannel(number: number, payload: Buffer): ControlFrame {
  if (number >= MAX_CHANNELS) throw new MalformedFrame(`a channel of the number ${number}`);
  return { is: "channel", number, name: payload.toString() };
}

function readRefusal(payload: Buffer): Refusal {
  const reason = payload.toString("latin1", 0, 32);
  if (reason === "duplicate" || reason === "closed") return reason;
  throw new MalformedFrame(`the unknown refusal ${JSON.stringify(reason)}`);
}

function readLost(payload: Buffer): number {
  const messages = payload.length === 4 ? payload.readUInt32BE(0) : 0;
  if (messages === 0) throw new MalformedFrame("a notice of loss without a number");
  return messages;
}

function readIdentity(payload: Buffer): PeerIdentity {
  const identity = parse(payload) as Partial<PeerIdentity> | null | undefined;
  const { host, slot, incarnation, generation } = identity ?? {};
  if (isCount(host) && isCount(slot) && isCount(generation) && typeof incarnation === "string")
    return { host, slot, incarnation, generation };
  throw new MalformedFrame("a READY that names no worker");
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
