/**
 * Adapter: questions to peers that wait for answers. A peer that dies is not waited for; one that comes later was not asked.
 * A question ends once every peer that was asked is done or gone, or at its time limit.
 */

import type { Peer } from "../bus/bus.js";
import { guard } from "../bus/guard.js";
import { type Message, MessageKind, WireError } from "./wire.js";

export type RequestHandlers = {
  /** @returns whether this peer has said everything @throws {WireError} for an answer that makes no sense: the peer is done */
  answer(from: Peer, message: Message): boolean;
  /** This peer is done or gone; called once for each, unless the time limit came first. */
  done?(peerKey: string): void;
  /** Called once, last. `missing` peers were not done in time; 0 when all were done or gone. */
  end(missing: number): void;
};

type Open = {
  readonly missing: Set<string>;
  readonly handlers: RequestHandlers;
  readonly timer: NodeJS.Timeout;
};

const LAST_NUMBER = 0xffffffff;

export class Requests {
  readonly #open = new Map<number, Open>();
  readonly #onMalformed: () => void;
  #last = 0;

  constructor(onMalformed: () => void) {
    this.#onMalformed = onMalformed;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @param timeout milliseconds @returns the number that answers must carry */
  open(peers: readonly Peer[], timeout: number, handlers: RequestHandlers): number {
    this.#last = this.#last === LAST_NUMBER ? 1 : this.#last + 1;
    const number = this.#last;
    const timer = setTimeout(() => this.#expire(number), timeout);
    timer.unref();
    this.#open.set(number, { missing: new Set(peers.map(({ key }) => key)), handlers, timer });
    return number;
  }

  /** An answer to a question that has ended, or from a peer that is not waited for, is dropped. */
  receive(from: Peer, message: Message): void {
    const request = this.#open.get(message.request);
    if (!request?.missing.has(from.key)) return;
    if (this.#isLast(request, from, message)) this.#done(message.request, request, from.key);
  }

  peerDown({ key }: Peer): void {
    for (const [number, request] of [...this.#open]) {
      if (request.missing.has(key)) guard(() => this.#done(number, request, key));
    }
  }

  #isLast(request: Open, from: Peer, message: Message): boolean {
    if (message.kind === MessageKind.ABSENT) return true;
    try {
      return request.handlers.answer(from, message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#onMalformed();
      return true;
    }
  }

  #done(number: number, { missing, handlers, timer }: Open, key: string): void {
    missing.delete(key);
    const ended = missing.size === 0;
    if (ended) {
      clearTimeout(timer);
      this.#open.delete(number);
    }
    handlers.done?.(key);
    if (ended) handlers.end(0);
  }

  #expire(number: number): void {
    const request = this.#open.get(number);
    this.#open.delete(number);
    request?.handlers.end(request.missing.size);
  }
}
