/**
 * Adapter, in a worker: one for each namespace. Does on this worker's sockets what any adapter does, and asks the other workers
 * for the same. A message that came from the bus is never sent out again. Connection state recovery is not offered: the base
 * class restores no session, and no offset is added to the arguments of an event.
 */

import { Adapter, type BroadcastOptions, type Room } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { expectAcks, freeAckId } from "./ack-ids.js";
import { collectAcks, collectAnswers, collectSockets, type Question } from "./ask.js";
import { deliver, type Parcel, parcelOf } from "./delivery.js";
import type { Hub, Member } from "./hub.js";
import {
  type Ack,
  eachMatch,
  matchingSockets,
  missingInternals,
  namespaceOf,
  type Packet,
} from "./internals.js";
import { packetsToBody } from "./packets.js";
import { serve } from "./serve.js";
import { SharedRooms } from "./shared-rooms.js";
import { roomsFromWire, targetsToWire } from "./targets.js";
import { type Message, type MessageDraft, MessageKind } from "./wire.js";

type CountCallback = (clientCount: number) => void;

export class HoldfastAdapter extends Adapter implements Member {
  readonly #hub: Hub;
  readonly #shared: SharedRooms;
  /** undefined after close: then this worker is alone. */
  #address: string | undefined;

  constructor(namespace: unknown, hub: Hub) {
    super(namespace);
    this.#hub = hub;
    const { name, server, sockets } = namespaceOf(this);
    this.#shared = new SharedRooms(sockets);
    for (const missing of missingInternals(this)) {
      hub.report(
        `This version of socket.io has no ${missing}: some of what passes between workers is lost. Use socket.io 4.6.0 to 4.8.x.`,
      );
    }
    // Not in init(): socket.io calls that only from 4.8.2 on.
    this.#address = hub.attach(server, name, this);
  }

  override close(): void {
    if (this.#address === undefined) return;
    this.#hub.detach(namespaceOf(this).server, this.#address, this);
    this.#address = undefined;
  }

  /** Every worker of the fleet that has a Socket.IO server, whether with this namespace by now or not. */
  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#peers().length);
  }

  override addAll(id: string, rooms: Set<Room>): void {
    const foreign = this.#shared.foreign(rooms).filter((room) => room !== id && !this.rooms.has(room));
    if (foreign.length > 0) this.#publish({ kind: MessageKind.SHARED, options: { s: foreign } });
    super.addAll(id, rooms);
  }

  override delAll(id: string): void {
    this.#shared.forget(id);
    super.delAll(id);
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    const parcel = parcelOf(this, packet, opts.flags);
    const body = this.#staysHere(opts) ? undefined : this.#bodyOf(parcel);
    if (body !== undefined) {
      const options = targetsToWire(opts);
      this.#publish({ kind: MessageKind.BROADCAST, options, body }, opts.flags?.volatile === true);
    }
    eachMatch(this, opts, (socket) => deliver(socket, parcel));
  }

  override broadcastWithAck(packet: Packet, opts: BroadcastOptions, onCount: CountCallback, ack: Ack): void {
    const sockets = matchingSockets(this, opts);
    const id = freeAckId(sockets);
    packet.id = id;
    const parcel = parcelOf(this, packet, opts.flags);
    const body = this.#staysHere(opts) ? undefined : this.#bodyOf(parcel);
    if (body !== undefined) {
      const request = collectAcks(this.#question(opts), { onCount, ack });
      const options = { ...targetsToWire(opts), a: id };
      this.#publish({ kind: MessageKind.BROADCAST, request, options, body });
    } else {
      // Socket.IO waits for as many counts as serverCount() says.
      for (const _ of this.#peers()) onCount(0);
    }
    expectAcks(sockets, id, ack);
    for (const socket of sockets) deliver(socket, parcel);
    onCount(sockets.length);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (!this.#staysHere(opts)) {
      // Before the others say so themselves: what is emitted next must find them.
      this.#shared.share(rooms);
      this.#publish({ kind: MessageKind.JOIN, options: { ...targetsToWire(opts), j: rooms } });
    }
    super.addSockets(opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    if (!this.#staysHere(opts)) {
      this.#publish({ kind: MessageKind.LEAVE, options: { ...targetsToWire(opts), j: rooms } });
    }
    super.delSockets(opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    if (!this.#staysHere(opts)) {
      this.#publish({ kind: MessageKind.DISCONNECT, options: { ...targetsToWire(opts), c: close } });
    }
    super.disconnectSockets(opts, close);
  }

  /** This worker's sockets themselves, and descriptions of all others. Rejects when a worker that lives is silent for too long. */
  override async fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    // All before the first await: what the app does next must not overtake the question.
    const local = matchingSockets(this, opts);
    if (this.#staysHere(opts)) return local;
    const { request, sockets } = collectSockets(this.#question(opts));
    this.#publish({ kind: MessageKind.FETCH, request, options: targetsToWire(opts) });
    return [...local, ...(await sockets)];
  }

  override async sockets(rooms: Set<Room>): Promise<Set<string>> {
    const sockets = await this.fetchSockets({ rooms });
    return new Set(sockets.map((socket) => (socket as { id: string }).id));
  }

  override serverSideEmit(packet: unknown[]): void {
    const last = packet.at(-1);
    const ack = typeof last === "function" ? (last as Ack) : undefined;
    if (this.#peers().length === 0) {
      if (ack !== undefined) process.nextTick(ack, null, []);
      return;
    }
    const body = [this.#hub.encode(ack === undefined ? packet : packet.slice(0, -1))];
    const request = ack === undefined ? 0 : collectAnswers(this.#question({}), ack);
    this.#publish({ kind: MessageKind.EMIT, request, body });
  }

  /** From the hub. */
  receive(from: Peer, message: Message): void {
    if (message.kind === MessageKind.SHARED) this.#shared.share(roomsFromWire(message.options, "s"));
    else serve({ adapter: this, hub: this.#hub, from, message });
  }

  /** From the hub. */
  peerUp(peer: Peer): void {
    const foreign = this.#shared.foreign(this.rooms.keys());
    if (foreign.length === 0) return;
    this.#hub.send(peer, { kind: MessageKind.SHARED, address: this.#address ?? "", options: { s: foreign } });
  }

  #peers(): readonly Peer[] {
    return this.#address === undefined ? [] : this.#hub.answering();
  }

  #question({ flags }: Pick<BroadcastOptions, "flags">): Question {
    return { requests: this.#hub.requests, peers: this.#peers(), timeout: flags?.timeout };
  }

  /** Whether no other worker can have to do with it. */
  #staysHere({ rooms, flags }: BroadcastOptions): boolean {
    return flags?.local === true || this.#peers().length === 0 || this.#shared.areLocal(rooms);
  }

  #publish(draft: MessageDraft, volatile = false): void {
    if (this.#address !== undefined) this.#hub.publish({ ...draft, address: this.#address }, volatile);
  }

  /** undefined for a parser whose packets are neither text nor bytes: they cannot leave this worker. */
  #bodyOf({ packets }: Parcel): Buffer[] | undefined {
    try {
      return packetsToBody(packets);
    } catch {
      this.#hub.counters.unencodable += 1;
      return undefined;
    }
  }
}
