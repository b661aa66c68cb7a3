/** Bridge: messages of the adapters that go on to somebody else: the same bytes, with another number of the request. Pure. */

import type { MissingWorker } from "../../adapter/partial.js";
import { objectOf, targetsFromWire } from "../../adapter/targets.js";
import {
  DEFAULT_TIMEOUT,
  encodeMessage,
  type Message,
  type MessageDraft,
  MessageKind,
} from "../../adapter/wire.js";

/** Longest time limit of a question, in milliseconds: more is more than a timer can wait. */
const LONGEST = 2 ** 31 - 1;

/** A copy, for the carriers keep what they are given. The number that it has while sessions move is its sender's: it goes no further. */
export function bytesFor(message: Message, payload: Buffer, request: number): Buffer {
  const { kind, address, options, body } = message;
  if (options !== undefined && objectOf(options).n !== undefined) {
    const { n: _, ...rest } = objectOf(options);
    return encodeMessage({ kind: kind as MessageKind, request, address, options: rest, body: [body] });
  }
  const bytes = Buffer.from(payload);
  bytes.writeUInt32BE(request, 1);
  return bytes;
}

/** Nothing, or nothing more, is to be said. @param missing whose answers are not among what was said */
export function lastWord(request: number, missing: readonly MissingWorker[]): MessageDraft {
  const draft = { kind: MessageKind.ABSENT, request };
  return missing.length === 0 ? draft : { ...draft, options: { m: missing } };
}

/** @throws {WireError} */
export function isVolatile({ options }: Message): boolean {
  return targetsFromWire(options).flags.volatile === true;
}

/** How long whoever asked waits for the answers, in milliseconds. */
export function limitOf({ options }: Message): number {
  const timeout = options === undefined ? undefined : targetsFromWire(options).flags.timeout;
  if (typeof timeout !== "number" || !(timeout >= 0)) return DEFAULT_TIMEOUT;
  return Math.min(timeout, LONGEST);
}
