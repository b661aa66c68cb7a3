/**
 * Worker (new): takes sessions from one old worker. They are built when a batch is there and told to nobody; with GO they are this
 * worker's, with ABORT they never were. An old one that dies in between has left them to this one.
 */

import type { SessionMoves } from "../../adapter/session-moves.js";
import { garbageCollector } from "../internals/garbage.js";
import type { RawHandle } from "../internals/handles.js";
import { announce } from "./app-call.js";
import { ConnectionExchange, type TakeConnection } from "./connection-exchange.js";
import { HandoffFrame, HandoffLink } from "./handoff-link.js";
import { importApp } from "./hooks.js";
import {
  type BatchMessage,
  type BeginMessage,
  type LateEnvelope,
  machineTime,
  type SessionMessage,
} from "./messages.js";
import type { Arrived, SessionCodec } from "./session-codec.js";
import type { TakerConnection } from "./taker.js";
import type { Transit } from "./transit.js";

export type ArrivalsOptions = {
  /** The slot of the worker that gives its sessions. */
  readonly from: number;
  /** This worker serves nobody yet. */
  readonly idle: boolean;
  readonly codec: SessionCodec;
  readonly moves: SessionMoves;
  readonly transit: Transit;
  warn(sentence: string): void;
  arrived(sids: readonly string[]): void;
  /** An upgrade for a session that this worker may have, or a connection between two requests. */
  readonly connection: TakeConnection;
  /** The old worker is gone. */
  gone(arrivals: Arrivals): void;
};

type Built = { readonly session: Arrived; readonly app: SessionMessage["app"] };
type Batch = { readonly frozenAt: number; readonly built: readonly Built[] };

export class Arrivals {
  readonly from: number;
  readonly link: HandoffLink;
  readonly #options: ArrivalsOptions;
  readonly #sessions = new Map<string, Arrived>();
  #messages: SessionMessage[] = [];
  #handles = new Map<number, RawHandle>();
  #batch: Batch | undefined;
  readonly #garbage = garbageCollector();
  readonly exchange: ConnectionExchange;

  /** @throws {Error} when the connection cannot carry descriptors */
  constructor({ socket, head }: TakerConnection, options: ArrivalsOptions) {
    this.#options = options;
    this.from = options.from;
    this.exchange = new ConnectionExchange(() => this.link, options.connection);
    this.link = new HandoffLink(socket, head, {
      frame: (type, stream, value) => this.#onFrame(type, stream, value),
      descriptor: (stream, handle) => this.#onDescriptor(stream, handle),
      close: () => this.#onClose(),
    });
  }

  #onFrame(type: number, stream: number, value: unknown): void {
    if (this.exchange.frame(type, stream, value)) return;
    switch (type) {
      case HandoffFrame.BEGIN:
        void this.#begin(value as BeginMessage);
        break;
      case HandoffFrame.SESSION:
        this.#messages[stream] = value as SessionMessage;
        break;
      case HandoffFrame.BATCH:
        this.#build(value as BatchMessage);
        break;
      case HandoffFrame.GO:
        void this.#go(true);
        break;
      case HandoffFrame.ABORT:
        this.#discard();
        break;
      case HandoffFrame.LATE:
        this.#onLate(value as LateEnvelope);
        break;
      case HandoffFrame.SERVES:
        this.link.send(HandoffFrame.SERVING, 0);
        break;
    }
  }

  #onDescriptor(stream: number, handle: RawHandle): void {
    if (!this.exchange.descriptor(stream, handle)) this.#handles.set(stream, handle);
  }

  async #begin({ shared, app }: BeginMessage): Promise<void> {
    const { codec, warn, idle } = this.#options;
    codec.adoptShared(shared);
    await importApp(app, warn);
    // What the start left behind would else be due in the middle of a batch.
    if (idle) this.#garbage.all();
    this.link.send(HandoffFrame.READY, 0);
  }

  #build({ position, frozenAt }: BatchMessage): void {
    const { codec, moves, transit } = this.#options;
    const refused: number[] = [];
    const built: Built[] = [];
    let problem: string | undefined;
    for (const [number, { record, app, connected }] of this.#messages.entries()) {
      const handle = this.#handles.get(number);
      try {
        if (connected && handle === undefined) throw new Error("its descriptor did not come");
        const late = (message: LateEnvelope["message"]): void =>
          this.link.send(HandoffFrame.LATE, 0, { sid: record.sid, message });
        built.push({ session: codec.build(record, handle, late), app });
        // The app has not heard of it: what a request brought would reach nobody.
        transit.leaves(record.sid);
      } catch (error) {
        problem ??= `A session could not be taken over: ${(error as Error).message}`;
        handle?.close();
        refused.push(number);
      }
    }
    this.#messages = [];
    this.#handles.clear();
    this.#batch = { frozenAt, built };
    moves.arrived(
      built.flatMap(({ session }) => session.sockets),
      position,
    );
    this.link.send(HandoffFrame.BUILT, 0, { refused, problem });
  }

  /** @param asked false: the old worker died, and nobody else has them */
  async #go(asked: boolean): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    for (const { session } of batch.built) this.#sessions.set(session.sid, session);
    const slow = batch.built.filter(({ session }) => session.ready !== undefined);
    if (slow.length > 0) await Promise.allSettled(slow.map(({ session }) => session.ready));
    const pauses: number[] = [];
    for (const { session, app } of batch.built) announce(session, app);
    for (const { session } of batch.built) {
      session.resume();
      pauses.push(machineTime() - batch.frozenAt);
      this.#options.transit.returned(session.sid);
    }
    this.#options.arrived(batch.built.map(({ session }) => session.sid));
    // While no session stands still: the next ones do when the old worker hears of this.
    this.#garbage.young();
    if (asked) this.link.send(HandoffFrame.RESUMED, 0, { pauses });
  }

  #discard(): void {
    for (const { session } of this.#batch?.built ?? []) {
      session.discard();
      this.#options.transit.returned(session.sid);
    }
    this.#batch = undefined;
    this.#dropUnbuilt();
  }

  #dropUnbuilt(): void {
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
    this.#messages = [];
  }

  #onLate({ sid, message }: LateEnvelope): void {
    const batch = this.#batch?.built.find(({ session }) => session.sid === sid)?.session;
    (this.#sessions.get(sid) ?? batch)?.late(message);
  }

  #onClose(): void {
    this.exchange.end();
    this.#dropUnbuilt();
    void this.#go(false);
    this.#options.gone(this);
  }
}
