/** Bridge, pure: what waits for Redis, bounded in bytes, and which messages leave with one command. */

import { QueueBound } from "../../bus/queue-bound.js";
import { later } from "./frames.js";

/** A stream: the number of the host that it is for, or everybody. */
export type Target = number;
export const EVERYBODY: Target = -1;
/** Those who do not know this host yet, too. */
export const NEWCOMERS: Target = -2;

/** Messages that leave with one command. */
export type Batch = {
  readonly target: Target;
  /** Of the first message. */
  readonly sequence: number;
  readonly payloads: Buffer[];
  /** What it counts for in the bounds. */
  cost: number;
  /** A frame that is ready and counts as no message. */
  readonly control: boolean;
};

type Entry = {
  readonly target: Target;
  readonly sequence: number;
  readonly payload: Buffer;
  readonly control: boolean;
};

/** What a message takes besides its own bytes, about: empty ones are bounded as well. */
const ENTRY_COST = 64;
/** A batch that has as much takes no further message. */
const FULL = 256 * 1024;

export class Outbox {
  readonly #bound: QueueBound;
  #entries: Entry[] = [];
  #taken = 0;
  #queued = 0;

  /** @param limit bytes that may wait */
  constructor(limit: number) {
    this.#bound = new QueueBound(limit);
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  get empty(): boolean {
    return this.#taken === this.#entries.length;
  }

  /** Whether the next message may wait here. @param underWay bytes that have left and are not known to have arrived */
  admit(underWay: number, isVolatile: boolean): "fits" | "volatile" | "overflow" {
    const waiting = this.#queued + underWay;
    this.#bound.release(waiting);
    return this.#bound.admit(waiting, isVolatile);
  }

  push(target: Target, sequence: number, payload: Buffer, control = false): void {
    this.#entries.push({ target, sequence, payload, control });
    this.#queued += payload.length + ENTRY_COST;
  }

  /**
   * The oldest messages, about `budget` bytes of them. Order holds for each receiver: what is for one host may pass what is for
   * another one, but nothing passes what is for everybody.
   */
  take(budget: number): Batch[] {
    const batches: Batch[] = [];
    const open = new Map<Target, Batch>();
    let taken = 0;
    while (taken < budget && this.#taken < this.#entries.length) {
      const entry = this.#entries[this.#taken] as Entry;
      this.#taken += 1;
      const cost = entry.payload.length + ENTRY_COST;
      taken += cost;
      this.#queued -= cost;
      if (entry.target === EVERYBODY ? !isOnly(open, EVERYBODY) : open.has(EVERYBODY)) open.clear();
      const batch = open.get(entry.target);
      if (batch !== undefined && continues(batch, entry)) append(batch, entry);
      else batches.push(start(open, entry));
    }
    this.#forgetTaken();
    return batches;
  }

  #forgetTaken(): void {
    if (this.empty) this.#entries = [];
    else if (this.#taken > 1024) this.#entries.splice(0, this.#taken);
    else return;
    this.#taken = 0;
  }
}

function isOnly(open: ReadonlyMap<Target, Batch>, target: Target): boolean {
  return open.size === 1 && open.has(target);
}

function continues(batch: Batch, entry: Entry): boolean {
  if (batch.control || entry.control || batch.cost >= FULL) return false;
  return entry.sequence === later(batch.sequence, batch.payloads.length);
}

function append(batch: Batch, { payload }: Entry): void {
  batch.payloads.push(payload);
  batch.cost += payload.length + ENTRY_COST;
}

function start(open: Map<Target, Batch>, { target, sequence, payload, control }: Entry): Batch {
  const batch: Batch = { target, sequence, payloads: [payload], cost: payload.length + ENTRY_COST, control };
  open.set(target, batch);
  return batch;
}
