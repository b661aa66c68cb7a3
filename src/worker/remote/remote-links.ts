/**
 * Worker (accepting): the links to one other host, one for each of its slots. Dialled at the first stray, closed when nobody needs them.
 * Any of them serves for any slot, a hop later: whoever makes slots up gets the ones that are there.
 */

import { codeOf, messageOf } from "../../base/errors.js";
import { Forward } from "../../protocol/forward-frames.js";
import { StreamTable } from "../forward/stream-table.js";
import type { Dialled } from "./dial-gateway.js";

/** What could not be reached is left alone for so long: its strays are refused at once. Milliseconds. */
const AFTER_FAILURE = 1000;
/** A link without a stream is closed after so long. Milliseconds. */
const IDLE = 30_000;
/** To one host. */
const MAX_LINKS = 64;

/** Where every worker is about to end, one link after the other says so: so many a slot are given up within a second, the next one later. */
const LEFT_A_SECOND = 5;
/** So many looks in a row at a link that has streams and says nothing, though it was asked: it leads nowhere. */
const MAX_SILENCE = 4;

type Entry = {
  readonly opened: Promise<StreamTable>;
  table?: StreamTable;
  idleSince?: number | undefined;
  /** Looks since something arrived. */
  silence: number;
};

export class RemoteLinks {
  readonly #dial: (slot: number) => Promise<Dialled>;
  readonly #failed: (why: string) => void;
  readonly #links = new Map<number, Entry>();
  /** Links to workers that are about to end: they get no new stream. */
  readonly #old = new Set<Entry>();
  /** By slot: the host is there, a worker for it was not. */
  readonly #refusedAt = new Map<number, number>();
  /** By slot: when links to workers that are about to end were given up. */
  readonly #left = new Map<number, number[]>();
  #failedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param failed told why, once for each attempt */
  constructor(dial: (slot: number) => Promise<Dialled>, failed: (why: string) => void) {
    this.#dial = dial;
    this.#failed = failed;
  }

  /** Whether it is worth trying. */
  reaches(slot: number): boolean {
    if (this.#closed) return false;
    if (this.#links.has(slot)) return true;
    const failedAt = Math.max(this.#failedAt, this.#refusedAt.get(slot) ?? this.#failedAt);
    return performance.now() - failedAt >= AFTER_FAILURE;
  }

  /** Rejects when the slot cannot be reached; nothing was sent then. */
  link(slot: number): Promise<StreamTable> {
    const known = this.#links.get(slot) ?? this.#shared();
    if (known !== undefined) {
      known.idleSince = undefined;
      return known.opened;
    }
    const entry: Entry = { opened: this.#open(slot, () => entry), silence: 0 };
    this.#links.set(slot, entry);
    return entry.opened;
  }

  /** Closes what has been idle for long, or is silent. To be called every few seconds: silence is counted in calls, however late they come. */
  sweep(): void {
    const now = performance.now();
    for (const entry of this.#links.values()) this.#look(entry, now, IDLE);
    for (const entry of this.#old) this.#look(entry, now, 0);
  }

  /** The host is gone: what is under way is lost. */
  close(): void {
    this.#closed = true;
    for (const { table } of [...this.#links.values(), ...this.#old]) table?.link.close("the host is gone");
  }

  #look(entry: Entry, now: number, idle: number): void {
    const { table } = entry;
    if (table === undefined) return;
    if (table.size > 0) {
      entry.idleSince = undefined;
      if (++entry.silence > MAX_SILENCE) table.link.close("the other side is silent");
      else table.link.send(Forward.PING, 0);
    } else {
      entry.silence = 0;
      entry.idleSince ??= now;
      if (now - entry.idleSince >= idle) table.link.close("idle");
    }
  }

  /** What is new goes to another link. */
  #leaves(slot: number, entry: Entry): void {
    if (this.#links.get(slot) !== entry) return;
    const now = performance.now();
    const recent = (this.#left.get(slot) ?? []).filter((at) => now - at < 1000);
    const [first] = recent;
    if (first !== undefined && recent.length >= LEFT_A_SECOND) {
      setTimeout(() => this.#leaves(slot, entry), first + 1000 - now).unref();
      return;
    }
    this.#left.set(slot, [...recent, now]);
    this.#links.delete(slot);
    this.#old.add(entry);
  }

  #shared(): Entry | undefined {
    return this.#links.size < MAX_LINKS ? undefined : this.#links.values().next().value;
  }

  async #open(slot: number, entry: () => Entry): Promise<StreamTable> {
    const forget = (): void => {
      if (this.#links.get(slot) === entry()) this.#links.delete(slot);
      this.#old.delete(entry());
    };
    try {
      const { socket, head } = await this.#dial(slot);
      this.#refusedAt.delete(slot);
      if (this.#closed) {
        socket.destroy();
        throw new Error("the host is gone");
      }
      const table = new StreamTable(socket, head, {
        heard: () => {
          entry().silence = 0;
        },
        leaving: () => this.#leaves(slot, entry()),
        close: forget,
      });
      entry().table = table;
      return table;
    } catch (error) {
      forget();
      if (codeOf(error) === "ERR_LINK_REFUSED") this.#refusedAt.set(slot, performance.now());
      else this.#failedAt = performance.now();
      if (!this.#closed) this.#failed(messageOf(error));
      throw error;
    }
  }
}
