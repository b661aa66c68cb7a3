/**
 * Adapter, in a worker: which peers answer questions: those that have said that they have a Socket.IO server, and are not hung. A
 * worker that loads its app is a peer already, but its loop does not turn yet: it would keep everybody waiting.
 */

import type { Peer } from "../bus/bus.js";

export class FleetView {
  readonly #here = new Map<string, Peer>();
  readonly #hung = new Set<string>();
  #answering: readonly Peer[] = [];
  #silent: readonly Peer[] = [];

  /** The same list until something changes. */
  get answering(): readonly Peer[] {
    return this.#answering;
  }

  /** Those that would answer if they were not hung. */
  get silent(): readonly Peer[] {
    return this.#silent;
  }

  here(peer: Peer): void {
    // Again at the end: the order is that of the last word.
    this.#here.delete(peer.key);
    this.#here.set(peer.key, peer);
    this.#list();
  }

  gone({ key }: Peer): void {
    this.#here.delete(key);
    this.#list();
  }

  hung({ key }: Peer): void {
    this.#hung.add(key);
    this.#list();
  }

  /** It speaks again, or exited. */
  notHung({ key }: Peer): void {
    this.#hung.delete(key);
    this.#list();
  }

  #list(): void {
    const all = [...this.#here.values()];
    this.#answering = all.filter(({ key }) => !this.#hung.has(key));
    this.#silent = all.filter(({ key }) => this.#hung.has(key));
  }
}
