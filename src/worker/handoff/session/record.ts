/** Worker: what travels of a session, and how it is written down. */

import { randomUUID } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { RequestHead } from "../../../protocol/messages.js";
import type { DeflateState } from "../../internals/deflate.js";
import type { EnginePacket } from "../../internals/engine-session.js";
import type { HalfPacket, Handshake, Room } from "../../internals/socket-io-session.js";
import type { SessionRecord } from "../session-codec.js";
import type { Beat } from "./heartbeat.js";

/** Raised whenever a worker could not read what another version wrote. */
const FORMAT = 1;

export type SocketState = {
  readonly namespace: string;
  readonly id: string;
  readonly pid: string | undefined;
  readonly rooms: readonly Room[];
  readonly data: unknown;
  /** Numbers of events that the client did not answer yet. */
  readonly acks: readonly number[];
  readonly handshake: Handshake;
};

export type WebSocketState = {
  /** Bytes that the client sent and nobody was given yet. */
  readonly unread: Uint8Array;
  readonly protocol: string;
  readonly deflate: DeflateState | undefined;
};

export type SessionState = {
  readonly protocol: number;
  readonly upgraded: boolean;
  readonly supportsBinary: boolean;
  readonly remoteAddress: string | undefined;
  readonly request: RequestHead;
  /** The app let go of the request, to save memory. */
  readonly requestDropped: boolean;
  readonly waiting: readonly EnginePacket[];
  readonly beat: Beat;
  /** Its client has entered no namespace yet, and may not stay so. */
  readonly mustEnter: boolean;
  readonly half: HalfPacket | undefined;
  readonly webSocket: WebSocketState | undefined;
  readonly sockets: readonly SocketState[];
};

/** The state is bytes already: what cannot be cloned concerns one session, and nobody clones the rest twice. */
type WrittenRecord = SessionRecord & {
  readonly format: number;
  /** Of this departure: a session that comes again may be the same in every byte. */
  readonly departure: string;
  readonly state: Uint8Array;
};

/** @throws a DataCloneError when the app put something into it that cannot be cloned */
export function writeRecord(record: SessionRecord, state: SessionState): SessionRecord {
  const written: WrittenRecord = {
    ...record,
    format: FORMAT,
    departure: randomUUID(),
    state: serialize(state),
  };
  return written;
}

/** @throws when another version wrote it */
export function readState(record: SessionRecord): SessionState {
  const { format, state } = record as Partial<WrittenRecord>;
  if (format !== FORMAT || state === undefined)
    throw new Error(`the record of the session has format ${format}; this worker reads ${FORMAT}`);
  return deserialize(state) as SessionState;
}

/** Whether they describe the same departure of a session. */
export function isSameRecord(one: SessionRecord, other: SessionRecord): boolean {
  return (one as WrittenRecord).departure === (other as WrittenRecord).departure;
}
