/** Adapter, in the old worker: who mirrors, and the rooms that it goes on saying it has while its sessions leave. */

import type { Place } from "../rooms/places.js";

type OutboundOptions = {
  /** Keys of those who are asked to mirror. */
  readonly asked: readonly string[];
  /** The number of the request. */
  readonly round: number;
  /** Called, possibly again, once nobody is waited for. */
  readonly onComplete: () => void;
  /** Whose places go on being held. */
  readonly before: Outbound | undefined;
};

export class Outbound {
  readonly to: readonly string[];
  /** Answers to an earlier request do not count. */
  readonly round: number;
  /** Who mirrors, and from which number of its own on. */
  readonly mirrored = new Map<string, number>();
  /** A session has left: what somebody sends who does not mirror yet must be passed on. */
  left = false;
  /** No more sessions leave. */
  closed = false;
  readonly #waiting: Set<string>;
  readonly #onComplete: () => void;
  readonly #held: Map<string, Set<Place>>;

  constructor(to: readonly string[], { asked, round, onComplete, before }: OutboundOptions) {
    this.to = to;
    this.round = round;
    this.#held = before === undefined ? new Map() : before.#held;
    this.#waiting = new Set(asked);
    this.#onComplete = onComplete;
    this.#check();
  }

  answered(key: string, number: number): void {
    if (!this.mirrored.has(key)) this.mirrored.set(key, number);
    this.giveUp(key);
  }

  /** Nobody waits for it: it answered, died, or hangs. */
  giveUp(key: string): void {
    this.#waiting.delete(key);
    this.#check();
  }

  close(): void {
    this.closed = true;
    this.end();
  }

  /** Nobody is waited for any more. */
  end(): void {
    this.#waiting.clear();
    this.#check();
  }

  /** The others go on believing that there are members. */
  hold(address: string, place: Place): void {
    const places = this.#held.get(address) ?? new Set<Place>();
    this.#held.set(address, places.add(place));
  }

  heldAt(address: string): ReadonlySet<Place> {
    return this.#held.get(address) ?? new Set();
  }

  /** This namespace has ended: its places are no longer held. */
  release(address: string): void {
    this.#held.delete(address);
  }

  /** All that were held; none is any more. */
  takeHeld(): Iterable<[address: string, places: ReadonlySet<Place>]> {
    const held = [...this.#held];
    this.#held.clear();
    return held;
  }

  #check(): void {
    if (this.#waiting.size === 0) this.#onComplete();
  }
}
