/** Bus: a carrier inside one process, for tests of what stands on a bus. Keeps the contract, and is as asynchronous as the mesh. */

import type { Board, Bus, BusHandlers, Peer } from "./bus.js";
import { type BusCounters, newBusCounters } from "./counters.js";
import type { MemoryEnd, MemoryLink } from "./memory-link.js";
import { PeerTable } from "./peer-table.js";
import { Subscriptions } from "./subscriptions.js";

type MemoryBusOptions = {
  readonly self: Peer;
  readonly maxPayload: number;
  readonly board: Board | undefined;
  readonly onClose: (bus: MemoryBus) => void;
};

type Entry = { readonly peer: Peer; readonly link: MemoryLink; hung: boolean };

/** Made by {@link MemoryNetwork.join}. */
export class MemoryBus implements Bus, MemoryEnd {
  readonly self: Peer;
  readonly maxPayload: number;
  readonly board: Board | undefined;
  readonly counters: BusCounters = newBusCounters();
  /** @internal */
  stalled = false;
  readonly #subscriptions = new Subscriptions();
  readonly #table = new PeerTable<Entry>();
  readonly #onClose: (bus: MemoryBus) => void;
  #closed = false;

  constructor({ self, maxPayload, board, onClose }: MemoryBusOptions) {
    this.self = self;
    this.maxPayload = maxPayload;
    this.board = board;
    this.#onClose = onClose;
  }

  peers(): readonly Peer[] {
    return this.#table.peers();
  }

  publish(channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
    if (this.#isTooLarge(payload)) return;
    for (const { link } of this.#table.entries()) link.message(channel, payload, volatile);
  }

  send(to: readonly Peer[], channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
    if (this.#isTooLarge(payload)) return;
    for (const { key } of to) {
      const entry = this.#table.get(key);
      if (entry === undefined) this.counters.dropped.noPeer += 1;
      else entry.link.message(channel, payload, volatile);
    }
  }

  subscribe(channel: string, handlers: BusHandlers): () => void {
    return this.#subscriptions.subscribe(channel, handlers);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscriptions.clear();
    this.#table.clear();
    this.#onClose(this);
  }

  /** @internal A link stands: `link` is the way to the peer. */
  up(peer: Peer, link: MemoryLink): void {
    if (this.#closed) return;
    this.#table.add({ peer, link, hung: false });
    this.#subscriptions.peerUp(peer);
  }

  /** @internal */
  down({ key }: Peer): void {
    const entry = this.#table.get(key);
    if (entry === undefined) return;
    this.#table.remove(entry);
    this.#subscriptions.peerDown(entry.peer);
  }

  /** @internal */
  hung({ key }: Peer, hung: boolean): void {
    const entry = this.#table.get(key);
    if (entry === undefined || entry.hung === hung) return;
    entry.hung = hung;
    if (hung) this.#subscriptions.peerHung(entry.peer);
    else this.#subscriptions.peerBack(entry.peer);
  }

  /** @internal */
  receive(from: Peer, channel: string, payload: Buffer): void {
    this.counters.received += 1;
    this.counters.receivedBytes += payload.length;
    // A copy that is wiped afterwards: a subscriber that keeps the view is found out.
    const view = Buffer.from(payload);
    if (!this.#subscriptions.deliver(channel, from, view)) this.counters.dropped.noSubscriber += 1;
    view.fill(0xee);
  }

  /** @internal */
  lost(from: Peer, messages: number): void {
    this.#subscriptions.lost(from, messages);
  }

  /** @internal */
  fitsAgain(peer: Peer): void {
    this.#subscriptions.fitsAgain(peer);
  }

  #isTooLarge(payload: Buffer): boolean {
    if (payload.length <= this.maxPayload) return false;
    this.counters.dropped.tooLarge += 1;
    return true;
  }
}
