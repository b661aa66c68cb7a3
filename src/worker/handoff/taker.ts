/**
 * Worker (old): the worker that takes sessions, as the one that gives them sees it. Asks and answers over one link; whoever does not
 * answer in time is stuck, whoever is gone is gone. It decides nothing.
 */

import type { Position } from "../../adapter/session-moves.js";
import { type Deferred, deferred } from "../../base/deferred.js";
import type { RawHandle } from "../internals/handles.js";
import { ConnectionExchange, type TakeConnection } from "./connection-exchange.js";
import { HandoffFrame, HandoffLink } from "./handoff-link.js";
import type { BeginMessage, BuiltMessage, LateEnvelope, ResumedMessage, SessionMessage } from "./messages.js";

/** The app may import what it likes. Milliseconds. */
const BEGIN_LIMIT = 10_000;
/** A worker that does not answer for so long, with sessions in its hands, is stuck. Milliseconds. */
const ANSWER_LIMIT = 5000;

export type TakerAddress = { readonly slot: number; readonly key: string };
export type TakerConnection =
  ConstructorParameters<typeof HandoffLink> extends [infer S, infer H, ...unknown[]]
    ? { readonly socket: S; readonly head: H }
    : never;

export type TakerEvents = {
  late(envelope: LateEnvelope): void;
  connection: TakeConnection;
  /** Once: no session that it had is its own any more. */
  gone(taker: Taker): void;
};

export class Taker {
  readonly slot: number;
  readonly key: string;
  readonly link: HandoffLink;
  readonly exchange: ConnectionExchange;
  #answer: { readonly type: number; readonly deferred: Deferred<unknown> } | undefined;

  /** @throws {Error} when the connection cannot carry descriptors */
  constructor({ slot, key }: TakerAddress, { socket, head }: TakerConnection, events: TakerEvents) {
    this.slot = slot;
    this.key = key;
    this.exchange = new ConnectionExchange(() => this.link, events.connection);
    this.link = new HandoffLink(socket, head, {
      frame: (type, stream, value) => {
        if (this.exchange.frame(type, stream, value)) return;
        if (type === HandoffFrame.LATE) events.late(value as LateEnvelope);
        else this.#onAnswer(type, value);
      },
      descriptor: (stream, handle) => {
        if (!this.exchange.descriptor(stream, handle)) handle.close();
      },
      close: () => {
        this.#answer?.deferred.reject(new Error("gone"));
        this.exchange.end();
        events.gone(this);
      },
    });
  }

  get gone(): boolean {
    return this.link.closed;
  }

  /** @throws {Error} when it does not answer */
  async begin(message: BeginMessage): Promise<void> {
    this.link.send(HandoffFrame.BEGIN, 0, message);
    await this.#wait(HandoffFrame.READY, BEGIN_LIMIT);
  }

  /** @throws a DataCloneError for a session that cannot be cloned; nothing was sent of it then */
  session(number: number, message: SessionMessage, handle: RawHandle | undefined): void {
    this.link.send(HandoffFrame.SESSION, number, message, handle);
  }

  /** @throws {Error} when it does not answer, or is gone */
  async build(position: Position, frozenAt: number): Promise<BuiltMessage> {
    this.link.send(HandoffFrame.BATCH, 0, { position, frozenAt });
    return (await this.#wait(HandoffFrame.BUILT, ANSWER_LIMIT)) as BuiltMessage;
  }

  /** From this call on the batch is the taker's. @throws {Error} when it does not answer, or is gone */
  async go(): Promise<readonly number[]> {
    this.link.send(HandoffFrame.GO, 0);
    const { pauses } = (await this.#wait(HandoffFrame.RESUMED, ANSWER_LIMIT)) as ResumedMessage;
    return pauses;
  }

  /** @throws {Error} when it does not answer, or is gone */
  async serves(): Promise<void> {
    this.link.send(HandoffFrame.SERVES, 0);
    await this.#wait(HandoffFrame.SERVING, ANSWER_LIMIT);
  }

  abort(): void {
    this.link.send(HandoffFrame.ABORT, 0);
  }

  late(envelope: LateEnvelope): void {
    this.link.send(HandoffFrame.LATE, 0, envelope);
  }

  close(): void {
    this.link.close("done");
  }

  #onAnswer(type: number, value: unknown): void {
    if (this.#answer?.type !== type) return;
    this.#answer.deferred.resolve(value);
  }

  async #wait(type: number, limit: number): Promise<unknown> {
    if (this.gone) throw new Error("gone");
    const answer = deferred<unknown>();
    this.#answer = { type, deferred: answer };
    const late = setTimeout(() => answer.reject(new Error("stuck")), limit);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(late);
      this.#answer = undefined;
    }
  }
}
