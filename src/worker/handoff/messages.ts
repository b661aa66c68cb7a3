/** Worker: what two workers say to each other while sessions move. Types only; structured clones travel. */

import type { Position } from "../../adapter/session-moves.js";
import type { Passage, RequestHead } from "../../protocol/messages.js";
import type { LateMessage, SessionRecord } from "./session-codec.js";

export type BeginMessage = { readonly shared: unknown; readonly app: readonly unknown[] };

export type SessionMessage = {
  readonly record: SessionRecord;
  /** What the app takes along for each socket, by its id. */
  readonly app?: Record<string, unknown[]> | undefined;
  /** A descriptor follows. */
  readonly connected: boolean;
};

export type BatchMessage = {
  readonly position: Position;
  /** When these sessions were read for the last time: milliseconds of the machine's monotonic clock. */
  readonly frozenAt: number;
};

/** Numbers of sessions of the batch that could not be built. */
export type BuiltMessage = { readonly refused: readonly number[]; readonly problem?: string | undefined };

/** Milliseconds from the last reading in the old worker to the first in the new one, for each session. */
export type ResumedMessage = { readonly pauses: readonly number[] };

export type LateEnvelope = { readonly sid: string; readonly message: LateMessage };

/** An upgrade for a session that the other one has, and what was read behind it. */
export type UpgradeMessage = { readonly head: RequestHead; readonly behind: Uint8Array };
/** A connection between two requests. */
export type ConnectionMessage = Extract<Passage, { kind: "connection" }>;
export type PassedMessage = UpgradeMessage | ConnectionMessage;

/** Milliseconds of a clock that all processes of this machine share. */
export const machineTime = (): number => Number(process.hrtime.bigint()) / 1e6;
