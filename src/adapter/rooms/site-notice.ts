/**
 * Adapter, in a worker: whether the other hosts of the site have taken notice of the rooms that this worker entered. Asked for by whoever awaits a
 * join: the bridge of this host answers when all hosts know what it was told before. Everybody who asks in one turn of the loop is one
 * question. Nobody waits longer than {@link NOTICE_LIMIT}, and no wait fails.
 */

import type { Room } from "socket.io-adapter";
import type { Peer } from "../../bus/bus.js";
import { LazyPromise } from "./lazy-promise.js";
import { NAMESPACE, ownerOfRoom, type Place } from "./places.js";

/** How long a join is waited for; one that is older by then is taken for known. Milliseconds. */
export const NOTICE_LIMIT = 1000;

export type SiteNoticeOptions = {
  /** Number of this host. */
  readonly host: number;
  /** While there is one. */
  readonly bridge: () => Peer | undefined;
  /** A number for a question. */
  readonly next: () => number;
  /** To be answered with SETTLED; the news that this worker has goes before it. */
  readonly ask: (bridge: Peer, request: number) => void;
};

type Question = {
  /** What was entered with this ordinal, or a lower one, is what it asks about. */
  readonly ordinal: number;
  readonly answered: Promise<void>;
  readonly end: () => void;
};

type Asked = { readonly question: Question; readonly bridge: string; readonly timer: NodeJS.Timeout };

export class SiteNotice {
  readonly #options: SiteNoticeOptions;
  /** The ordinal of the question that is asked next. */
  #ordinal = 1;
  /** The highest ordinal that was confirmed. */
  #confirmed = 0;
  /** The next question, as soon as somebody waits for it. */
  #gathering: Question | undefined;
  /** By the number of the request. */
  readonly #asked = new Map<number, Asked>();
  /** Ordinals of the places that were entered lately: since the timer began, and in the time before that. */
  #fresh = new Map<string, number>();
  #older = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SiteNoticeOptions) {
    this.#options = options;
  }

  /** Places that may be news to other hosts, and questions that wait. */
  get size(): number {
    return this.#fresh.size + this.#older.size + this.#asked.size + (this.#gathering === undefined ? 0 : 1);
  }

  /** The first socket of this worker is there, of which the others are about to be told. */
  entered(address: string, place: Place): void {
    if (place === NAMESPACE || this.#options.bridge() === undefined) return;
    // Of rooms named for sockets of this host no other host is told: the name says where they are.
    if (ownerOfRoom(place)?.host === this.#options.host) return;
    this.#fresh.set(keyOf(address, place), this.#ordinal);
    this.#timer ??= this.#ageLater();
  }

  /** @returns undefined where all of these are known; else what asks when it is awaited, and resolves once they are */
  of(address: string, rooms: Iterable<Room>): Promise<void> | undefined {
    if (this.#fresh.size === 0 && this.#older.size === 0) return undefined;
    let needed = 0;
    for (const room of rooms) needed = Math.max(needed, this.#ordinalOf(address, room));
    return needed > this.#confirmed ? new LazyPromise(() => this.#wait(needed)) : undefined;
  }

  /** The answer to the question of this number, if it is one of these. */
  settled(request: number): void {
    const asked = this.#asked.get(request);
    if (asked === undefined) return;
    this.#confirmed = Math.max(this.#confirmed, asked.question.ordinal);
    this.#end(request, asked);
  }

  /** Nobody answers what this one was asked. */
  peerDown({ key }: Peer): void {
    for (const [request, asked] of this.#asked) if (asked.bridge === key) this.#end(request, asked);
  }

  #ordinalOf(address: string, room: Room): number {
    const key = keyOf(address, room);
    return this.#fresh.get(key) ?? this.#older.get(key) ?? 0;
  }

  #wait(needed: number): Promise<void> {
    if (needed <= this.#confirmed) return Promise.resolve();
    for (const { question } of this.#asked.values()) if (question.ordinal >= needed) return question.answered;
    if (this.#gathering === undefined) {
      let end = (): void => {};
      const answered = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.#gathering = { ordinal: this.#ordinal, answered, end };
      setImmediate(() => this.#ask());
    }
    return this.#gathering.answered;
  }

  #ask(): void {
    const question = this.#gathering;
    if (question === undefined) return;
    this.#gathering = undefined;
    this.#ordinal += 1;
    const bridge = this.#options.bridge();
    if (bridge === undefined) {
      question.end();
      return;
    }
    const request = this.#options.next();
    const timer = setTimeout(() => this.#end(request, asked), NOTICE_LIMIT).unref();
    const asked = { question, bridge: bridge.key, timer };
    this.#asked.set(request, asked);
    this.#options.ask(bridge, request);
  }

  #end(request: number, { question, timer }: Asked): void {
    clearTimeout(timer);
    this.#asked.delete(request);
    question.end();
  }

  /** What nobody asks about is forgotten after once or twice the limit. */
  #ageLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#older = this.#fresh;
      this.#fresh = new Map();
      this.#timer = this.#older.size > 0 ? this.#ageLater() : undefined;
    }, NOTICE_LIMIT).unref();
  }
}

/** Unlike that of any other place: `1` is not `"1"`. */
function keyOf(address: string, place: Place): string {
  return JSON.stringify([address, place]);
}
