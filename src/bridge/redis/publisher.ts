/**
 * Bridge: gives what hosts are to be told to Redis. What is sent within one turn leaves as few commands as order allows; what waits
 * and what is under way is bounded; what was under way when the connection broke is counted, and never sent again.
 */

import type { SiteCounters } from "../site.js";
import type { Client } from "./connection.js";
import { type Batch, EVERYBODY, Outbox, type Target } from "./outbox.js";

export type PublisherOptions = {
  readonly client: Client;
  /** Whether with SPUBLISH. */
  readonly sharded: boolean;
  readonly counters: SiteCounters;
  channelOf(target: Target): string;
  frameOf(batch: Batch): Buffer;
  /** Tells all that messages may be missing here. */
  doubtFrame(): Buffer;
  /** Redis refused a command; the connection is as it was. */
  refused(error: Error): void;
};

/** Bytes that may wait, under way included. */
export const OUTBOX_LIMIT = 16 * 1024 * 1024;
/** Redis ends the connection of a subscriber for whom 32 MiB wait. */
const LARGEST = 16 * 1024 * 1024;
/** Bytes that have left and are not known to have arrived. */
const WINDOW = 1024 * 1024;
/**
 * While something is under way, so many bytes are gathered before the next command, or its answer is awaited: whoever sends one message
 * in each turn of the loop does not pay for a command each time.
 */
const WORTH_A_COMMAND = 32 * 1024;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #outbox: Outbox;
  #underWay = 0;
  #scheduled = false;
  #open = false;
  /** Messages were dropped, and nobody was told. */
  #gap = false;
  /** Messages were under way when their command failed: whether they arrived is not known. */
  #doubt = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#outbox = new Outbox(OUTBOX_LIMIT);
  }

  get queuedBytes(): number {
    return this.#outbox.queuedBytes + this.#underWay;
  }

  /** Whether Redis takes messages. While it does not, they wait; volatile ones, which nobody wants late, are dropped. */
  set open(open: boolean) {
    this.#open = open;
    if (open) this.#schedule();
  }

  /** Whether a message may be sent. @returns "skip": it is as if it had never been; "lost": its number is used up */
  admit(payload: Buffer, isVolatile: boolean): "send" | "skip" | "lost" {
    const { dropped } = this.#options.counters;
    if (payload.length > LARGEST) {
      dropped.tooLarge += 1;
      this.#gap = true;
      return "lost";
    }
    const verdict = isVolatile && !this.#open ? "volatile" : this.#outbox.admit(this.#underWay, isVolatile);
    if (verdict === "fits") return "send";
    dropped[verdict] += 1;
    if (verdict === "overflow") this.#gap = true;
    return verdict === "volatile" ? "skip" : "lost";
  }

  /** Whether messages were dropped since this was asked last. */
  takeGap(): boolean {
    const gap = this.#gap;
    this.#gap = false;
    return gap;
  }

  /** A message that was admitted. */
  push(target: Target, sequence: number, payload: Buffer): void {
    this.#outbox.push(target, sequence, payload);
    this.#schedule();
  }

  /** A frame that is ready; it keeps its place among the messages. */
  pushFrame(target: Target, frame: Buffer): void {
    this.#outbox.push(target, 0, frame, true);
    this.#schedule();
  }

  /** Resolves when nothing waits or is under way; never while Redis is away. */
  async drained(): Promise<void> {
    this.flush();
    while (this.queuedBytes > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Everything that came in with this turn of the loop joins in. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Gives Redis what the window allows. */
  flush(): void {
    if (!this.#open || this.#underWay >= WINDOW || this.#outbox.empty) return;
    if (this.#underWay > 0 && this.#outbox.queuedBytes < WORTH_A_COMMAND) return;
    if (this.#doubt) this.#tellDoubt();
    for (const batch of this.#outbox.take(WINDOW - this.#underWay)) this.#publish(batch);
  }

  #tellDoubt(): void {
    this.#doubt = false;
    const frame = this.#options.doubtFrame();
    this.#publish({ target: EVERYBODY, sequence: 0, payloads: [frame], cost: frame.length, control: true });
  }

  #publish(batch: Batch): void {
    const { client, sharded, channelOf, frameOf, counters } = this.#options;
    const channel = channelOf(batch.target);
    const frame = batch.control ? (batch.payloads[0] as Buffer) : frameOf(batch);
    this.#underWay += batch.cost;
    if (!batch.control) {
      counters.published += batch.payloads.length;
      for (const payload of batch.payloads) counters.publishedBytes += payload.length;
    }
    const published = sharded ? client.spublish(channel, frame) : client.publish(channel, frame);
    published.then(
      () => this.#settled(batch),
      (error: Error) => {
        this.#doubt = true;
        if (!batch.control) counters.dropped.underWay += batch.payloads.length;
        this.#settled(batch);
        this.#options.refused(error);
      },
    );
  }

  #settled(batch: Batch): void {
    this.#underWay -= batch.cost;
    if (!this.#outbox.empty) this.#schedule();
  }
}
