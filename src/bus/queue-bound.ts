/** Bus: what may still be queued for one peer, and how many messages it has missed. Pure. */

/** `volatile` and `overflow`: it is to be dropped, and why. */
export type Verdict = "fits" | "volatile" | "overflow";

/**
 * Volatile messages are dropped while half of the limit waits. Once the whole of it waited, every message is dropped until
 * less than half does, so that one gap is one notice, and not one a message.
 */
export class QueueBound {
  /** Bytes that wait, and from which everything is dropped. A queue holds at most that and one message. */
  readonly limit: number;
  #missed = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether messages are being dropped that are not volatile. */
  get gap(): boolean {
    return this.#missed > 0;
  }

  /** Decides about the next message. @param queued bytes that wait */
  admit(queued: number, volatile: boolean): Verdict {
    if (!this.gap && queued < this.limit / 2) return "fits";
    if (volatile) return "volatile";
    if (!this.gap && queued < this.limit) return "fits";
    this.#missed += 1;
    return "overflow";
  }

  /** To be asked before each message, and when bytes have left. @returns how many were missed in a gap that ends now, else 0 */
  release(queued: number): number {
    if (!this.gap || queued >= this.limit / 2) return 0;
    const missed = this.#missed;
    this.#missed = 0;
    return missed;
  }
}
