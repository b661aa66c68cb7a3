/**
 * Worker: what a session is made of while it moves to another worker, and who takes it apart and builds it again. Types only: the
 * codec knows engine.io, ws and socket.io, and no other process; `sender` and `receiver` know the other process, and no session.
 */

import type { RawHandle } from "../internals/handles.js";

/** Why a session stays behind and is told to reconnect. */
export type StayReason =
  /** TLS ends in this process: its keys cannot leave it. */
  | "tls"
  | "webtransport"
  /** Its bytes come by another worker. */
  | "tunnel"
  /** The client does not read: what was written for it is still here. */
  | "stuck-consumer"
  /** `socket.data`, or what waits to be sent, cannot be cloned. */
  | "data"
  /** A middleware of `socket.use` or of a namespace did not call `next`. */
  | "middleware"
  /** An upgrade, a body or a compressed fragment that did not end. */
  | "unfinished"
  /** Engine.IO without Socket.IO: nobody knows what its listeners hold. */
  | "engine-only"
  /** This version of Node, ws, engine.io or socket.io is not known well enough. */
  | "version"
  /** Nobody could take it. */
  | "refused";

/** Structured-cloneable; what else is in it, its codec alone knows. */
export type SessionRecord = {
  readonly sid: string;
  /** Which of the app's engines, in the order of their creation. */
  readonly engine: number;
  readonly transport: "websocket" | "polling";
};

/** What happens to a session that has left: code that still runs here answers, emits, joins. */
export type LateMessage =
  | { readonly what: "packets"; readonly packets: readonly unknown[] }
  /** `socket.join`, `socket.leave` */
  | { readonly what: "join" | "leave"; readonly namespace: string; readonly rooms: readonly unknown[] }
  | { readonly what: "disconnect"; readonly namespace: string; readonly close: boolean }
  /** The client answered an event that was emitted where the session was before. */
  | {
      readonly what: "ack";
      readonly namespace: string;
      readonly id: number;
      readonly args: readonly unknown[];
    };

/** Takes what is late to where the session is now, or was before. */
export type LateSink = (message: LateMessage) => void;

/** A session that was taken apart. Its worker keeps it until the other one has all, and can put it together again. */
export type Departed = {
  readonly record: SessionRecord;
  /** Of a WebSocket; stays open, and is not read. */
  readonly handle: RawHandle | undefined;
  /** Callbacks that wait for an answer of the client. */
  readonly pendingAcks: number;
  /** What came to the session's new place and is meant for code here: an ack. */
  late(message: LateMessage): void;
  /**
   * The other one reads it and writes to it. Should it come back all the same, what was half read of it or waited to be sent then is not
   * read or sent once more.
   */
  accepted(): void;
  /** The other one has it for good: the descriptor is closed, which the client does not notice. */
  release(): void;
};

/** A session that was built from a record and does not read yet. Its sockets are in their rooms. */
export type Arrived = {
  readonly sid: string;
  /** For the adapters: the sockets that arrived, by namespace. */
  readonly sockets: readonly { readonly namespace: object; readonly socket: { readonly id: string } }[];
  /**
   * Settles once the app's `engine.use` middlewares have run on the rebuilt request, or had their time; `announce` must wait for it. Never
   * rejects. Undefined: they have run, or there are none.
   */
  readonly ready: Promise<void> | undefined;
  /** It is not wanted after all: taken out of its rooms, and its descriptor closed. Nobody is told, and no byte is sent. */
  discard(): void;
  /** The app's `connection`, of its engine and for each of its sockets. Whatever the app throws is thrown. */
  announce(): void;
  /** It reads and writes from now on. */
  resume(): void;
  /** What came late from its old place. */
  late(message: LateMessage): void;
};

export type SessionCodec = {
  /** One sentence about what of Node, ws, engine.io and socket.io is not as it was proven; undefined: sessions can move. */
  readonly unsupported: string | undefined;
  /** Sessions of all engines that are here and open. */
  sessions(): readonly Movable[];
  /**
   * Builds a session from its record. Nobody is told yet. For the worker that built the record, too, when it takes a session back.
   * @param handle of a WebSocket; belongs to the session from now on
   * @param late takes answers of the client for code of the old worker
   * @throws when it cannot be built; the handle is then still the caller's
   */
  build(record: SessionRecord, handle: RawHandle | undefined, late: LateSink): Arrived;
  /** Numbers that the new worker must not use again, such as ack ids; given once, before the first session. */
  shared(): unknown;
  adoptShared(value: unknown): void;
};

export type Movable = {
  readonly sid: string;
  readonly transport: string;
  /** It has not closed, and did not leave. */
  readonly open: boolean;
  /** Its sockets, one for each namespace; they have an `id`. */
  sockets(): readonly { readonly id: string }[];
  /**
   * Whether it could leave now: `undefined`; `wait`: it is busy, ask again; else why it will never. Cheap, changes nothing.
   */
  obstacle(): undefined | "wait" | StayReason;
  /** While `obstacle` says `wait`: the reason that it is for whoever does not wait any longer. */
  waitingFor(): StayReason | undefined;
  /** Stops reading. Polling: nothing to stop. */
  freeze(): void;
  /** Reads again. */
  thaw(): void;
  /**
   * Takes the session apart, in one turn, at least two turns after `freeze`. The app's `disconnect` with reason "server handoff" is
   * told by `tellApp`, which the caller calls in the same turn.
   * @returns the reason, or `wait`, when it cannot leave after all; nothing was changed then
   */
  depart(late: LateSink): (Departed & { tellApp(): void }) | "wait" | StayReason;
};
