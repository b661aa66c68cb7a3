/**
 * Adapter: questions to peers that wait for answers. A peer that dies or hangs is not waited for; one that comes later was not
 * asked. A question ends once every peer that was asked is done or gone, or at its time limit.
 */

import type { Peer } from "../bus/bus.js";
import { guard } from "../bus/guard.js";
import { type MissingWorker, missingFrom } from "./partial.js";
import { objectOf } from "./targets.js";
import { DEFAULT_TIMEOUT, type Message, MessageKind, WireError } from "./wire.js";

export type Asked = {
  /** One at least. */
  readonly peers: readonly Peer[];
  /** Those who would have been asked if they were not hung. */
  readonly missing: readonly MissingWorker[];
  /** Servers for which a peer stands; default 1. */
  readonly servers?: (peer: Peer) => number;
  /** Milliseconds; default 5000. */
  readonly timeout: number | undefined;
};

export type Outcome = {
  /** How many servers were not done in time; 0 when all were done or gone. */
  readonly silent: number;
  /** Those that went before they were done. */
  readonly missing: readonly MissingWorker[];
};

/** Where this worker's own part of an answer goes, if it has one. */
export type LocalAnswers = {
  /** @param ids clients that another worker may name, too; not in `count` */
  counted(count: number, ids: readonly string[]): void;
  /** @param id of a client that was named */
  acked(id: string | undefined, value: unknown): void;
};

export type RequestHandlers = {
  /** @returns whether this peer has said everything @throws {WireError} for an answer that makes no sense: the peer is done */
  answer(from: Peer, message: Message): boolean;
  /** This peer is done or gone; called once for each, unless the time limit came first. */
  done?(peerKey: string): void;
  /** Whether all that are waited for are done at once. */
  isComplete?(): boolean;
  /** Called once, last. */
  end(outcome: Outcome): void;
  readonly local?: LocalAnswers;
};

type Open = {
  /** Servers that a peer still has to answer for, at least 1, by key. */
  readonly waiting: Map<string, number>;
  readonly missing: MissingWorker[];
  readonly handlers: RequestHandlers;
  readonly timer: NodeJS.Timeout;
};

const LAST_NUMBER = 0xffffffff;

export class Requests {
  readonly #open = new Map<number, Open>();
  readonly #onMalformed: () => void;
  #last: number;

  /** @param first number */
  constructor(onMalformed: () => void, first = 1) {
    this.#onMalformed = onMalformed;
    this.#last = first - 1;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The number that was given last. */
  get last(): number {
    return this.#last;
  }

  /** A number for a message that is answered; 0 is none. */
  next(): number {
    this.#last = this.#last === LAST_NUMBER ? 1 : this.#last + 1;
    return this.#last;
  }

  /** @param missing those who should have been asked and cannot be @returns the number that answers must carry */
  open(asked: Asked, handlers: RequestHandlers): number {
    const { peers, missing, timeout = DEFAULT_TIMEOUT, servers = () => 1 } = asked;
    const number = this.next();
    const timer = setTimeout(() => this.#expire(number), timeout);
    timer.unref();
    const waiting = new Map(peers.map((peer) => [peer.key, servers(peer)]));
    this.#open.set(number, { waiting, missing: [...missing], handlers, timer });
    return number;
  }

  /**
   * An answer to a question that has ended, or from a peer that is not waited for, is dropped.
   * @returns how many questions it leaves without an answer of somebody
   */
  receive(from: Peer, message: Message): number {
    const request = this.#open.get(message.request);
    const servers = request?.waiting.get(from.key);
    if (request === undefined || servers === undefined) return 0;
    const before = request.missing.length;
    if (this.#isLast(request, from, message)) this.#done(message.request, request, from.key);
    else request.waiting.set(from.key, Math.max(1, servers - 1));
    this.check(message.request);
    return request.missing.length > before ? 1 : 0;
  }

  /** Something was answered in another way. */
  check(number: number): void {
    const request = this.#open.get(number);
    if (request?.handlers.isComplete?.() !== true) return;
    for (const key of [...request.waiting.keys()]) this.#done(number, request, key);
  }

  /** Where this worker answers a question of its own, while that waits. */
  localOf(number: number): LocalAnswers | undefined {
    return this.#open.get(number)?.handlers.local;
  }

  /** Nobody waits for this peer any more. @param missing whose answers are, therefore @returns how many questions did */
  giveUp(peer: Peer, missing: readonly MissingWorker[]): number {
    let count = 0;
    for (const [number, request] of [...this.#open]) {
      if (!request.waiting.has(peer.key)) continue;
      count += 1;
      request.missing.push(...missing);
      guard(() => {
        this.#done(number, request, peer.key);
        this.check(number);
      });
    }
    return count;
  }

  #isLast(request: Open, from: Peer, message: Message): boolean {
    try {
      if (message.kind !== MessageKind.ABSENT) return request.handlers.answer(from, message);
      request.missing.push(...missingIn(message));
      return true;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#onMalformed();
      return true;
    }
  }

  #done(number: number, { waiting, missing, handlers, timer }: Open, key: string): void {
    waiting.delete(key);
    const ended = waiting.size === 0;
    if (ended) {
      clearTimeout(timer);
      this.#open.delete(number);
    }
    handlers.done?.(key);
    if (ended) handlers.end({ silent: 0, missing });
  }

  #expire(number: number): void {
    const request = this.#open.get(number);
    if (request === undefined) return;
    this.#open.delete(number);
    request.handlers.end({ silent: sumOf(request.waiting), missing: request.missing });
  }
}

/** With its last word a bridge says whose answers are missing. @throws {WireError} */
function missingIn({ options }: Message): readonly MissingWorker[] {
  if (options === undefined) return [];
  const { m } = objectOf(options);
  return m === undefined ? [] : missingFrom(m);
}

function sumOf(waiting: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const servers of waiting.values()) sum += servers;
  return sum;
}
