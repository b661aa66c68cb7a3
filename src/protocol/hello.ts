/** Protocol: the first frame on every link says who speaks and what the link is for. Pure. */

import { encodeFrame, FRAME_HEADER } from "./frames.js";

/** Version of everything that workers say to each other. A peer of another version is refused. */
export const PROTOCOL_VERSION = 3;

export const HELLO_TYPE = 0;
/** Answer to a hello: empty payload = welcome, else the sentence that says why not. */
export const WELCOME_TYPE = 1;
/** A hello is small; more than this is not one. Bytes. */
export const MAX_HELLO = 4096;

export type LinkKind = "bus" | "forward" | "handoff";

/** One worker process, as others know it. */
export type PeerIdentity = {
  /** Number of this host, 0..1295. */
  readonly host: number;
  readonly slot: number;
  /** Unlike any earlier worker of this slot. */
  readonly incarnation: string;
  readonly generation: number;
  /** An older worker of its slot still serves in its place. */
  readonly standby?: boolean;
};

export type Hello = PeerIdentity & {
  readonly version: number;
  readonly kind: LinkKind;
  readonly fleet: string;
};

export function encodeHello(hello: Hello): Buffer {
  return encodeFrame(HELLO_TYPE, 0, Buffer.from(JSON.stringify(hello)));
}

export function encodeWelcome(refusal = ""): Buffer {
  return encodeFrame(WELCOME_TYPE, 0, Buffer.from(refusal));
}

/** @returns the frame's payload and the bytes behind it, or undefined while it is incomplete. @throws if it is no such frame. */
export function readFirstFrame(bytes: Buffer, type: number): { payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length >= 5 && bytes[4] !== type) throw new Error("not a Holdfast peer");
  if (bytes.length < 4) return undefined;
  const end = bytes.readUInt32BE(0) + 4;
  if (end > MAX_HELLO || end < FRAME_HEADER) throw new Error("not a Holdfast peer");
  if (bytes.length < end) return undefined;
  return { payload: bytes.subarray(FRAME_HEADER, end), rest: bytes.subarray(end) };
}

/** @returns the hello, or a sentence that says why this peer is refused. */
export function checkHello(payload: Buffer, self: { fleet: string }): Hello | string {
  let hello: Hello;
  try {
    hello = JSON.parse(payload.toString()) as Hello;
  } catch {
    return "The hello of this peer is not JSON.";
  }
  if (hello === null || typeof hello !== "object") return "The hello of this peer is not an object.";
  if (hello.version !== PROTOCOL_VERSION) {
    return `This peer speaks protocol version ${hello.version}, this worker speaks ${PROTOCOL_VERSION}; run one version of holdfast in a fleet.`;
  }
  if (hello.fleet !== self.fleet)
    return `This peer belongs to the fleet "${hello.fleet}", not to "${self.fleet}".`;
  const valid =
    isCount(hello.host) &&
    isCount(hello.slot) &&
    isCount(hello.generation) &&
    isIncarnation(hello.incarnation) &&
    LINK_KINDS.includes(hello.kind);
  return valid ? hello : "The hello of this peer lacks a field, or has one that makes no sense.";
}

const LINK_KINDS: readonly unknown[] = ["bus", "forward", "handoff"] satisfies LinkKind[];

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** It becomes a part of the name of a file, which is dialled. */
function isIncarnation(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-z]+$/.test(value);
}
