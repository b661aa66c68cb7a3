/**
 * Adapter: numbered messages that this worker has handled, for sessions that arrive later than a message that is meant for them. Bounded
 * in bytes: the oldest go first. Pure.
 */

export type LogEntry = {
  /** Key of the worker whose number it is. */
  readonly sender: string;
  /** 0 if the sender gave none. */
  readonly number: number;
  /** The message, as on the wire. */
  readonly bytes: Buffer;
  /** Key of the worker whose message `sender` has passed on; undefined for its own. */
  readonly relayed?: string;
};

/** What an entry costs beside its bytes, roughly. */
const OVERHEAD = 200;

export class MoveLog {
  /** Entries that were dropped though a session might have needed them. */
  overflow = 0;
  #entries: LogEntry[] = [];
  #first = 0;
  #bytes = 0;
  readonly #limit: number;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether others had to go for it */
  add(entry: LogEntry): boolean {
    this.#entries.push(entry);
    this.#bytes += entry.bytes.length + OVERHEAD;
    const before = this.overflow;
    while (this.#bytes > this.#limit && this.size > 0) {
      this.#shift();
      this.overflow += 1;
    }
    return this.overflow > before;
  }

  /** In the order in which they were handled. What is added meanwhile is not seen. */
  *entries(): Iterable<LogEntry> {
    const entries = this.#entries;
    const end = entries.length;
    for (let at = this.#first; at < end; at++) yield entries[at] as LogEntry;
  }

  /** Drops what nobody needs any more, from the oldest on, up to the first that somebody needs. */
  prune(isNeeded: (entry: LogEntry) => boolean): void {
    while (this.size > 0 && !isNeeded(this.#entries[this.#first] as LogEntry)) this.#shift();
  }

  clear(): void {
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #shift(): void {
    this.#bytes -= (this.#entries[this.#first] as LogEntry).bytes.length + OVERHEAD;
    this.#first += 1;
    if (this.#first < 1024 || this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }
}
