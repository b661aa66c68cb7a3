/**
 * Bridge, pure: one other host: whether both hear each other, and which of its messages comes next. A host is up when we hear it and
 * it says (in a MARK) that it hears us: only then does nothing that either sends get lost unnoticed.
 */

import type { HostRecord } from "../membership/record.js";
import { hostOf } from "../membership/record.js";
import { ahead, later, type MarkEntry } from "../redis/frames.js";
import type { SiteHost } from "../site.js";

/** What a MARK changed. "checked": nothing; "lost": messages are missing that were sent before it. */
export type MarkNews = "up" | "down" | "lost" | "checked";

export class Peer {
  #record: HostRecord;
  #host: SiteHost;
  /** Its channels are subscribed to. */
  heard = false;
  up = false;
  /** Number of our next message to it alone. */
  sent = 0;
  /** Numbers of its next messages: to all, and to us alone. */
  #nextToAll = 0;
  #nextToUs = 0;
  /** Beats of it in Redis since its last frame: it speaks, and we do not hear it. */
  unheard = 0;

  constructor(record: HostRecord) {
    this.#record = record;
    this.#host = hostOf(record);
  }

  get host(): SiteHost {
    return this.#host;
  }

  get record(): HostRecord {
    return this.#record;
  }

  /** The same life says something new. */
  renew(record: HostRecord): void {
    this.#record = record;
    this.#host = hostOf(record);
  }

  /** Its record was seen again, with another beat. */
  beaten(record: HostRecord): void {
    this.#record = record;
    this.unheard += 1;
  }

  /** @param toAll number of its next message to all @param us what it says of us; undefined: it does not hear us */
  mark(toAll: number, us: MarkEntry | undefined): MarkNews {
    this.unheard = 0;
    const wasUp = this.up;
    this.up = us !== undefined;
    if (us === undefined) return wasUp ? "down" : "checked";
    const missing = Math.max(ahead(toAll, this.#nextToAll), ahead(us.sequence, this.#nextToUs)) > 0;
    if (!wasUp || missing) {
      this.#nextToAll = toAll;
      this.#nextToUs = us.sequence;
    }
    if (!wasUp) return "up";
    return missing ? "lost" : "checked";
  }

  /**
   * A row of messages of it came.
   * @returns how many of them were seen before, and whether some are missing before the first of the others
   */
  received(toAll: boolean, sequence: number, count: number): { seen: number; missing: boolean } {
    this.unheard = 0;
    const distance = ahead(sequence, toAll ? this.#nextToAll : this.#nextToUs);
    const seen = distance < 0 ? Math.min(count, -distance) : 0;
    const next = later(sequence, count);
    if (seen < count) {
      if (toAll) this.#nextToAll = next;
      else this.#nextToUs = next;
    }
    return { seen, missing: distance > 0 };
  }
}
