/** Bus: the peers of one worker that live, by key and by slot. Pure. */

import type { PeerIdentity } from "../protocol/hello.js";
import type { Peer } from "./bus.js";

/** Names one worker process, living or dead. */
export function peerKey({ host, slot, incarnation }: Omit<PeerIdentity, "generation">): string {
  return `${host}.${slot}.${incarnation}`;
}

export function peerOf(identity: PeerIdentity): Peer {
  const { host, slot, incarnation, generation, standby } = identity;
  const waits = standby === true && { standby };
  return { key: peerKey(identity), identity: { host, slot, incarnation, generation, ...waits } };
}

/** Peers with something that belongs to each of them. */
export class PeerTable<Entry extends { readonly peer: Peer }> {
  /** In the order in which they came. */
  readonly #entries = new Map<string, Entry>();
  #peers: readonly Peer[] = [];

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  add(entry: Entry): void {
    this.#entries.delete(entry.peer.key);
    this.#entries.set(entry.peer.key, entry);
    this.#list();
  }

  /** @returns whether this very entry was in the table */
  remove(entry: Entry): boolean {
    if (this.#entries.get(entry.peer.key) !== entry) return false;
    this.#entries.delete(entry.peer.key);
    this.#list();
    return true;
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** The same list until somebody comes or goes: callers may keep it. */
  peers(): readonly Peer[] {
    return this.#peers;
  }

  /** Of the newest generation among those that suit; of two of one generation, the one that came last. */
  newestOfSlot(host: number, slot: number, suits: (peer: Peer) => boolean = () => true): Peer | undefined {
    let newest: Peer | undefined;
    for (const peer of this.#peers) {
      if (peer.identity.slot !== slot || peer.identity.host !== host || !suits(peer)) continue;
      if (newest === undefined || peer.identity.generation >= newest.identity.generation) newest = peer;
    }
    return newest;
  }

  clear(): void {
    this.#entries.clear();
    this.#list();
  }

  #list(): void {
    this.#peers = [...this.#entries.values()].map((entry) => entry.peer);
  }
}
