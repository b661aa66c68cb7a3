/**
 * Bridge: the other hosts: who lives, whether we hear each other, and in which order their messages come. Everything that comes from
 * Redis passes here. Knows nothing of how it gets there; what is to be done is said to {@link PeersOptions}.
 */

import { type HostRecord, isSameLife, saysNew } from "../membership/record.js";
import {
  decodeHead,
  type FrameHead,
  FrameKind,
  type MarkEntry,
  marksOf,
  payloadsOf,
} from "../redis/frames.js";
import type { SiteCounters, SiteHandlers, SiteHost } from "../site.js";
import { Peer } from "./peer.js";

export type PeersOptions = {
  readonly self: { readonly host: number; readonly epoch: number };
  readonly handlers: SiteHandlers;
  readonly counters: SiteCounters;
  /** Subscribes to its channels; {@link Peers.heard} is called when that is done. */
  listen(host: number): void;
  forget(host: number): void;
  /** What we hear has changed: tell all. */
  markSoon(): void;
  /** Somebody came whom the last look at Redis did not show. */
  lookSoon(): void;
  /** It said so itself. */
  left(host: number): void;
};

export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<number, Peer>();
  #hosts: readonly SiteHost[] = [];
  #heard = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Those that are up. The same list until that changes. */
  get hosts(): readonly SiteHost[] {
    return this.#hosts;
  }

  /** Whether all who hear us are up: then what is for all that are up may be told to all. */
  get settled(): boolean {
    return this.#heard === this.#hosts.length;
  }

  /** The one that is up, if it is still the one that is meant. */
  find({ host, token }: SiteHost): Peer | undefined {
    const peer = this.#peers.get(host);
    return peer?.up === true && peer.host.token === token ? peer : undefined;
  }

  /** For a MARK: whom we hear, and how many messages it was sent. */
  marks(): MarkEntry[] {
    const entries: MarkEntry[] = [];
    for (const peer of this.#peers.values()) {
      const { host, epoch } = peer.record;
      if (peer.heard) entries.push({ host, epoch, sequence: peer.sent });
    }
    return entries;
  }

  /** The most beats that somebody had in Redis without being heard. */
  get longestUnheard(): number {
    let longest = 0;
    for (const peer of this.#peers.values()) if (peer.heard) longest = Math.max(longest, peer.unheard);
    return longest;
  }

  /** Who lives, later a look at Redis. */
  living(records: ReadonlyMap<number, HostRecord>): void {
    for (const [host, peer] of this.#peers) {
      const record = records.get(host);
      if (record === undefined || !isSameLife(record, peer.record)) this.#drop(host, peer);
    }
    for (const [host, record] of records) {
      const peer = this.#peers.get(host);
      if (peer === undefined) this.#add(host, record);
      else if (peer.record.beat !== record.beat) this.#beaten(peer, record);
    }
  }

  /** Its channels are subscribed to, for the first time or again. */
  heard(host: number): void {
    const peer = this.#peers.get(host);
    if (peer === undefined) return;
    const again = peer.heard;
    peer.heard = true;
    peer.unheard = 0;
    this.#changed();
    this.#options.markSoon();
    if (again && peer.up) this.#lost(peer);
  }

  /** A message of Redis, of whatever shape. */
  frame(frame: Buffer): void {
    const head = decodeHead(frame);
    const { self } = this.#options;
    if (head === undefined || (head.host === self.host && head.epoch === self.epoch)) return;
    const peer = this.#peers.get(head.host);
    if (head.kind === FrameKind.POKE) this.#options.lookSoon();
    else if (peer?.record.epoch === head.epoch) this.#take(peer, head, frame);
    else if (peer !== undefined) this.#options.lookSoon();
  }

  #take(peer: Peer, head: FrameHead, frame: Buffer): void {
    if (head.kind === FrameKind.MARK) this.#mark(peer, head, frame);
    else if (head.kind === FrameKind.LEAVE) this.#leaves(peer, head);
    else if (head.kind === FrameKind.DOUBT) this.#doubts(peer);
    else this.#messages(peer, head, frame);
  }

  #doubts(peer: Peer): void {
    if (peer.up) this.#lost(peer);
  }

  #leaves(peer: Peer, { host }: FrameHead): void {
    this.#options.left(host);
    this.#drop(host, peer);
  }

  #messages(peer: Peer, head: FrameHead, frame: Buffer): void {
    if (!peer.up) return;
    const { counters, handlers } = this.#options;
    const payloads = payloadsOf(frame) ?? [];
    const { seen, missing } = peer.received(head.kind === FrameKind.ALL, head.sequence, payloads.length);
    if (missing) this.#lost(peer);
    for (let index = seen; index < payloads.length; index++) {
      const payload = payloads[index] as Buffer;
      counters.received += 1;
      counters.receivedBytes += payload.length;
      handlers.message(peer.host, payload);
    }
  }

  #mark(peer: Peer, head: FrameHead, frame: Buffer): void {
    if (!peer.heard) return;
    const { self, handlers, markSoon } = this.#options;
    const us = marksOf(frame)?.find(({ host, epoch }) => host === self.host && epoch === self.epoch);
    const news = peer.mark(head.sequence, us);
    if (news === "lost") this.#lost(peer);
    if (news !== "up" && news !== "down") return;
    this.#changed();
    if (news === "up") markSoon();
    if (news === "up") handlers.hostUp(peer.host);
    else handlers.hostDown(peer.host);
  }

  #lost(peer: Peer): void {
    this.#options.counters.gaps += 1;
    this.#options.handlers.lost(peer.host);
  }

  #add(host: number, record: HostRecord): void {
    this.#peers.set(host, new Peer(record));
    this.#options.listen(host);
  }

  #beaten(peer: Peer, record: HostRecord): void {
    const isNew = saysNew(peer.record, record);
    peer.beaten(record);
    if (!isNew) return;
    peer.renew(record);
    if (!peer.up) return;
    this.#changed();
    this.#options.handlers.hostChanged?.(peer.host);
  }

  #drop(host: number, peer: Peer): void {
    this.#peers.delete(host);
    this.#options.forget(host);
    this.#changed();
    this.#options.markSoon();
    if (peer.up) this.#options.handlers.hostDown(peer.host);
  }

  #changed(): void {
    const peers = [...this.#peers.values()];
    this.#hosts = peers.filter(({ up }) => up).map(({ host }) => host);
    this.#heard = peers.filter(({ heard }) => heard).length;
  }
}
