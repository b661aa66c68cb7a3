/** Bus: the local half of every carrier: who listens to what, and how a handler is called without harm to the carrier. */

import type { BusHandlers, Peer } from "./bus.js";
import { guard } from "./guard.js";

/** All that is said of peers; only messages belong to a channel. */
export type PeerHandlers = Omit<BusHandlers, "message">;
/** `live` ends with the subscription: a handler that ends another one is obeyed within the same event. */
type Entry<Handlers> = { readonly handlers: Handlers; live: boolean };

export class Subscriptions {
  readonly #channels = new Map<string, Entry<BusHandlers>>();
  readonly #watchers = new Set<Entry<PeerHandlers>>();

  get size(): number {
    return this.#channels.size;
  }

  /** @returns a function that ends it; a second call does nothing @throws {Error} when the channel has a subscriber */
  subscribe(channel: string, handlers: BusHandlers): () => void {
    if (this.#channels.has(channel)) {
      throw new Error(
        `The bus channel ${JSON.stringify(channel)} has a subscriber; end that subscription first.`,
      );
    }
    const entry = { handlers, live: true };
    this.#channels.set(channel, entry);
    return () => {
      if (entry.live) this.#channels.delete(channel);
      entry.live = false;
    };
  }

  /** Only what becomes of peers. @returns a function that ends it */
  watch(handlers: PeerHandlers): () => void {
    const entry = { handlers, live: true };
    this.#watchers.add(entry);
    return () => {
      entry.live = false;
      this.#watchers.delete(entry);
    };
  }

  /** A throwing handler does not reach the reader of a link, which would close it. @returns whether anybody listens */
  deliver(channel: string, from: Peer, payload: Buffer): boolean {
    const entry = this.#channels.get(channel);
    if (entry === undefined) return false;
    guard(() => entry.handlers.message(from, payload));
    return true;
  }

  peerUp(peer: Peer): void {
    this.#tell((handlers) => handlers.peerUp?.(peer));
  }

  peerDown(peer: Peer): void {
    this.#tell((handlers) => handlers.peerDown?.(peer));
  }

  peerHung(peer: Peer): void {
    this.#tell((handlers) => handlers.peerHung?.(peer));
  }

  peerBack(peer: Peer): void {
    this.#tell((handlers) => handlers.peerBack?.(peer));
  }

  lost(from: Peer, messages: number): void {
    this.#tell((handlers) => handlers.lost?.(from, messages));
  }

  fitsAgain(peer: Peer): void {
    this.#tell((handlers) => handlers.fitsAgain?.(peer));
  }

  /** Ends all; none of them is called any more, not even for an event that is being told. */
  clear(): void {
    for (const entry of this.#all()) entry.live = false;
    this.#channels.clear();
    this.#watchers.clear();
  }

  #tell(call: (handlers: PeerHandlers) => void): void {
    for (const entry of this.#all()) {
      if (entry.live) guard(() => call(entry.handlers));
    }
  }

  #all(): Entry<PeerHandlers>[] {
    return [...this.#watchers, ...this.#channels.values()];
  }
}
