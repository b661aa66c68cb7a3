/** Bus: the local half of every carrier: who listens to what, and how a handler is called without harm to the carrier. */

import type { BusHandlers, Peer } from "./bus.js";
import { guard } from "./guard.js";

type PeerHandlers = Pick<BusHandlers, "peerUp" | "peerDown">;

export class Subscriptions {
  readonly #channels = new Map<string, BusHandlers>();
  readonly #watchers = new Set<PeerHandlers>();

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
    this.#channels.set(channel, handlers);
    return () => {
      if (this.#channels.get(channel) === handlers) this.#channels.delete(channel);
    };
  }

  /** Only who comes and who goes. @returns a function that ends it */
  watch(handlers: PeerHandlers): () => void {
    this.#watchers.add(handlers);
    return () => this.#watchers.delete(handlers);
  }

  /** A throwing handler does not reach the reader of a link, which would close it. @returns whether anybody listens */
  deliver(channel: string, from: Peer, payload: Buffer): boolean {
    const handlers = this.#channels.get(channel);
    if (handlers === undefined) return false;
    guard(() => handlers.message(from, payload));
    return true;
  }

  peerUp(peer: Peer): void {
    for (const handlers of this.#all()) guard(() => handlers.peerUp?.(peer));
  }

  peerDown(peer: Peer): void {
    for (const handlers of this.#all()) guard(() => handlers.peerDown?.(peer));
  }

  clear(): void {
    this.#channels.clear();
    this.#watchers.clear();
  }

  #all(): PeerHandlers[] {
    return [...this.#watchers, ...this.#channels.values()];
  }
}
