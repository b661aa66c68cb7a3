/** Bus: one direction of a link of the memory bus: what waits for the receiver, within the bounds of the contract. */

import type { Peer } from "./bus.js";
import type { BusCounters } from "./counters.js";

/** What a link needs of the workers at its ends. */
export type MemoryEnd = {
  readonly self: Peer;
  readonly counters: BusCounters;
  /** It neither reads nor says anything now. */
  readonly stalled: boolean;
  receive(from: Peer, channel: string, payload: Buffer): void;
  lost(from: Peer, messages: number): void;
  fitsAgain(peer: Peer): void;
};

type Item = { readonly bytes: number; readonly arrive: () => void };

export class MemoryLink {
  readonly from: MemoryEnd;
  readonly to: MemoryEnd;
  /** A slow way: nothing arrives until {@link wake} is called with this unset. */
  held = false;
  readonly #limit: number;
  #queue: Item[] = [];
  #bytes = 0;
  /** Dropped though not volatile, and not told yet. While there are any, nothing else is taken. */
  #missing = 0;
  #ended = false;
  #scheduled = false;

  /** @param limit bytes that may wait */
  constructor(from: MemoryEnd, to: MemoryEnd, limit: number) {
    this.from = from;
    this.to = to;
    this.#limit = limit;
  }

  /** Whether something will arrive by itself. */
  get busy(): boolean {
    return this.#queue.length > 0 && !this.#blocked;
  }

  /** Queues a message, or drops and counts it. After the end it goes nowhere. */
  message(channel: string, payload: Buffer, volatile: boolean): void {
    if (this.#ended || !this.#admits(volatile)) return;
    this.from.counters.sent += 1;
    this.from.counters.sentBytes += payload.length;
    this.#push(payload.length, () => this.to.receive(this.from.self, channel, payload));
  }

  /** Something that no bound holds back, in its place between the messages. */
  notice(arrive: () => void): void {
    this.#push(0, arrive);
  }

  /** The last that arrives. */
  end(arrive: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#missing = 0;
    this.#push(0, arrive);
  }

  /** What is under way is lost. @param arrive the last that arrives */
  break(arrive: () => void): void {
    this.#queue = [];
    this.#bytes = 0;
    this.held = false;
    this.#ended = false;
    this.end(arrive);
  }

  /** An end moves again. */
  wake(): void {
    if (this.#scheduled || !this.busy) return;
    this.#scheduled = true;
    setImmediate(() => this.#deliver());
  }

  get #blocked(): boolean {
    return this.held || this.from.stalled || this.to.stalled;
  }

  #admits(volatile: boolean): boolean {
    const { dropped } = this.from.counters;
    if (volatile && this.#bytes >= this.#limit / 2) {
      dropped.volatile += 1;
      return false;
    }
    if (this.#missing === 0 && this.#bytes < this.#limit) return true;
    dropped.overflow += 1;
    this.#missing += 1;
    return false;
  }

  #push(bytes: number, arrive: () => void): void {
    this.#queue.push({ bytes, arrive });
    this.#bytes += bytes;
    this.wake();
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.busy) {
      const item = this.#queue.shift() as Item;
      this.#bytes -= item.bytes;
      item.arrive();
      this.#makeRoom();
    }
  }

  #makeRoom(): void {
    const missing = this.#missing;
    if (missing === 0 || this.#bytes >= this.#limit / 2) return;
    this.#missing = 0;
    this.notice(() => this.to.lost(this.from.self, missing));
    this.from.fitsAgain(this.to.self);
  }
}
