/** Bus: a carrier inside one process, for tests of what stands on a bus. Keeps the contract, and is as asynchronous as the mesh. */

import { MAX_PAYLOAD } from "../protocol/frames.js";
import type { Bus, BusHandlers, Peer } from "./bus.js";
import { type BusCounters, newBusCounters } from "./counters.js";
import { peerOf } from "./peer-table.js";
import { Subscriptions } from "./subscriptions.js";

/** What the buses of one test share. */
export class MemoryNetwork {
  readonly #buses = new Set<MemoryBus>();
  #joined = 0;

  /** A new worker of this slot, linked to all that live. */
  join(slot = this.#joined, generation = 1): MemoryBus {
    this.#joined += 1;
    const peer = peerOf({ host: 0, slot, incarnation: this.#joined.toString(36), generation });
    const bus = new MemoryBus(peer, () => this.#buses.delete(bus));
    for (const other of this.#buses) {
      bus.link(other);
      other.link(bus);
    }
    this.#buses.add(bus);
    return bus;
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while ([...this.#buses].some((bus) => bus.busy)) await new Promise((resolve) => setImmediate(resolve));
  }
}

export class MemoryBus implements Bus {
  readonly self: Peer;
  readonly maxPayload = MAX_PAYLOAD;
  readonly counters: BusCounters = newBusCounters();
  readonly #onClose: () => void;
  readonly #subscriptions = new Subscriptions();
  /** Whom this bus writes to. */
  readonly #links = new Map<string, MemoryBus>();
  /** Who is up in the eyes of this bus. */
  #peers: readonly Peer[] = [];
  #inbox: (() => void)[] = [];
  #closed = false;

  /** Made by {@link MemoryNetwork.join}. */
  constructor(self: Peer, onClose: () => void) {
    this.self = self;
    this.#onClose = onClose;
  }

  /** Whether something that was sent to it has not arrived yet. */
  get busy(): boolean {
    return this.#inbox.length > 0;
  }

  peers(): readonly Peer[] {
    return this.#peers;
  }

  publish(channel: string, payload: Buffer, _volatile = false): void {
    this.counters.published += 1;
    for (const other of this.#links.values()) this.#write(other, channel, payload);
  }

  send(to: readonly Peer[], channel: string, payload: Buffer, _volatile = false): void {
    this.counters.published += 1;
    for (const { key } of to) {
      const other = this.#links.get(key);
      if (other === undefined) this.counters.dropped.noPeer += 1;
      else this.#write(other, channel, payload);
    }
  }

  subscribe(channel: string, handlers: BusHandlers): () => void {
    return this.#subscriptions.subscribe(channel, handlers);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#subscriptions.clear();
    this.#inbox = [];
    this.#peers = [];
    for (const other of this.#links.values()) other.unlink(this);
    this.#links.clear();
    this.#onClose();
  }

  /** @internal */
  link(other: MemoryBus): void {
    this.#links.set(other.self.key, other);
    this.#later(() => {
      this.#peers = [...this.#peers, other.self];
      this.#subscriptions.peerUp(other.self);
    });
  }

  /** @internal */
  unlink(other: MemoryBus): void {
    this.#links.delete(other.self.key);
    this.#later(() => {
      this.#peers = this.#peers.filter((peer) => peer !== other.self);
      this.#subscriptions.peerDown(other.self);
    });
  }

  /** @internal */
  receive(from: Peer, channel: string, payload: Buffer): void {
    // A copy that is wiped afterwards: a subscriber that keeps the view is found out.
    const view = Buffer.from(payload);
    this.#later(() => {
      this.counters.received += 1;
      this.counters.receivedBytes += view.length;
      if (!this.#subscriptions.deliver(channel, from, view)) this.counters.dropped.noSubscriber += 1;
      view.fill(0xee);
    });
  }

  #write(other: MemoryBus, channel: string, payload: Buffer): void {
    this.counters.sent += 1;
    this.counters.sentBytes += payload.length;
    other.receive(this.self, channel, payload);
  }

  #later(arrive: () => void): void {
    if (this.#closed) return;
    this.#inbox.push(arrive);
    if (this.#inbox.length === 1) setImmediate(() => this.#drain());
  }

  #drain(): void {
    for (let arrive = this.#inbox[0]; arrive !== undefined; arrive = this.#inbox[0]) {
      arrive();
      this.#inbox.shift();
    }
  }
}
