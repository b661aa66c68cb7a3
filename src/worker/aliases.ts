/**
 * Worker: sessions that are not in the slot that their sid names, since they were moved from there to another. Whoever has one tells
 * all others, so that its requests find it when the slot is long gone.
 */

import type { Bus, Peer } from "../bus/bus.js";
import { type Owner, ownerOf } from "../routing/sid.js";

const CHANNEL = "aliases";

type News = { readonly has?: readonly string[]; readonly lost?: readonly string[] };

export class Aliases {
  readonly #bus: Pick<Bus, "publish" | "send" | "subscribe">;
  readonly #self: Owner;
  readonly #own = new Set<string>();
  readonly #others = new Map<string, Peer>();

  constructor(bus: Pick<Bus, "publish" | "send" | "subscribe">, self: Owner) {
    this.#bus = bus;
    this.#self = self;
    bus.subscribe(CHANNEL, {
      message: (from, payload) => this.#onNews(from, payload),
      peerUp: (peer) => {
        if (this.#own.size > 0) bus.send([peer], CHANNEL, encode({ has: [...this.#own] }));
      },
      peerDown: ({ key }) => {
        for (const [sid, peer] of this.#others) if (peer.key === key) this.#others.delete(sid);
      },
    });
  }

  /** These sessions came to this worker. */
  arrived(sids: readonly string[]): void {
    const has = sids.filter((sid) => this.#isForeign(sid) && !this.#own.has(sid));
    if (has.length === 0) return;
    for (const sid of has) this.#own.add(sid);
    this.#bus.publish(CHANNEL, encode({ has }));
  }

  /** A session of this worker ended, or left. */
  ended(sid: string): void {
    if (this.#own.delete(sid)) this.#bus.publish(CHANNEL, encode({ lost: [sid] }));
  }

  /** The slot that has a session which was moved; undefined: it is where its sid says, as far as anybody told. */
  slotOf(sid: string): number | undefined {
    return this.#others.size === 0 ? undefined : this.#others.get(sid)?.identity.slot;
  }

  #isForeign(sid: string): boolean {
    const owner = ownerOf(sid);
    return owner !== undefined && (owner.slot !== this.#self.slot || owner.host !== this.#self.host);
  }

  #onNews(from: Peer, payload: Buffer): void {
    const { has, lost } = decode(payload);
    for (const sid of has) this.#others.set(sid, from);
    for (const sid of lost) if (this.#others.get(sid)?.key === from.key) this.#others.delete(sid);
  }
}

const encode = (news: News): Buffer => Buffer.from(JSON.stringify(news));

/** What makes no sense says nothing. */
function decode(payload: Buffer): { has: string[]; lost: string[] } {
  try {
    const { has, lost } = JSON.parse(payload.toString()) as News;
    return { has: stringsOf(has), lost: stringsOf(lost) };
  } catch {
    return { has: [], lost: [] };
  }
}

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
