/**
 * Adapter, in a worker: one for each namespace. Does on this worker's sockets what any adapter does, and asks the other workers
 * for the same, those that may have sockets in the rooms. A message that came from the bus is never sent out again. Connection state
 * recovery is not offered: the base class restores no session, and no offset is added to the arguments of an event.
 */

import { Adapter, type BroadcastOptions, type Room } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { expectAcks, expectNamedAcks, freeAckId } from "./ack-ids.js";
import {
  collectAcks,
  collectAnswers,
  collectSockets,
  type FoundSockets,
  type Question,
  questionTo,
} from "./ask.js";
import { deliver, type Parcel, parcelOf } from "./delivery.js";
import type { Hub, Member } from "./hub.js";
import {
  type Ack,
  eachMatch,
  matchingSockets,
  missingInternals,
  namespaceOf,
  type Packet,
  prefixSocketIds,
} from "./internals.js";
import type { Scope } from "./moves/host.js";
import { collectMovingAcks } from "./moves/moving-acks.js";
import { fetchMoving, onceEach } from "./moves/moving-fetch.js";
import { carryOut, isForHost, type WorkerOrder, workersOf } from "./orders.js";
import { packetsToBody } from "./packets.js";
import { withMissing } from "./partial.js";
import { isAnnounced, NAMESPACE, type Place } from "./rooms/places.js";
import { serve } from "./serve.js";
import { targetsToWire } from "./targets.js";
import { type Message, type MessageDraft, MessageKind } from "./wire.js";

type CountCallback = (clientCount: number) => void;

export class HoldfastAdapter extends Adapter implements Member {
  readonly #hub: Hub;
  /** undefined after close: then this worker is alone. */
  #address: string | undefined;

  constructor(namespace: unknown, hub: Hub) {
    super(namespace);
    this.#hub = hub;
    const { name, server } = namespaceOf(this);
    for (const missing of missingInternals(this)) {
      hub.report(
        `This version of socket.io has no ${missing}: some of what passes between workers is lost. Use socket.io 4.6.0 to 4.8.x.`,
      );
    }
    prefixSocketIds(this, hub.idPrefix);
    // Not in init(): socket.io calls that only from 4.8.2 on.
    this.#address = hub.attach(server, name, this);
  }

  override close(): void {
    if (this.#address === undefined) return;
    this.#hub.detach(namespaceOf(this).server, this.#address, this);
    this.#address = undefined;
  }

  /** Every worker of the site that has a Socket.IO server, whether with this namespace by now or not. */
  override serverCount(): Promise<number> {
    return Promise.resolve(1 + this.#servers());
  }

  /** @returns what {@link RoomNews.noticed} does */
  override addAll(id: string, rooms: Set<Room>): Promise<void> | undefined {
    const first = this.sids.size === 0;
    const entered = [...rooms].filter((room) => !this.rooms.has(room));
    // The base class emits events: a listener of the app may throw when half of it is done.
    try {
      super.addAll(id, rooms);
    } finally {
      if (first) this.#tell("enter", NAMESPACE);
      for (const room of entered) if (this.rooms.has(room)) this.#tell("enter", room);
    }
    return this.#hub.rooms.noticed(this.#address, rooms);
  }

  override del(id: string, room: Room): void {
    this.#leaving([room], () => super.del(id, room));
  }

  override delAll(id: string): void {
    const last = this.sids.size === 1 && this.sids.has(id);
    this.#leaving([...(this.sids.get(id) ?? [])], () => super.delAll(id));
    if (last) this.#tell("leave", NAMESPACE);
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    const parcel = parcelOf(this, packet, opts.flags);
    const others = this.#others(opts);
    const body = this.#isWanted(others, opts) ? this.#bodyOf(parcel) : undefined;
    if (body !== undefined) {
      const options = targetsToWire(opts);
      this.#act(others, opts, { kind: MessageKind.BROADCAST, options, body }, opts.flags?.volatile === true);
    }
    eachMatch(this, opts, (socket) => deliver(socket, parcel));
  }

  override broadcastWithAck(packet: Packet, opts: BroadcastOptions, onCount: CountCallback, ack: Ack): void {
    const sockets = matchingSockets(this, opts);
    const id = freeAckId(sockets);
    packet.id = id;
    const parcel = parcelOf(this, packet, opts.flags);
    const others = this.#others(opts);
    const body = this.#isWanted(others, opts) ? this.#bodyOf(parcel) : undefined;
    const question = this.#question(body === undefined ? [] : others, opts);
    // Socket.IO waits for as many counts as serverCount() says.
    for (let rest = question.peers.length; rest < this.#servers(); rest++) onCount(0);
    const options = { ...targetsToWire(opts), a: id };
    if (body !== undefined && this.#hub.moves.on) {
      const { request, local } = collectMovingAcks(question, this.#hub.peer, { onCount, ack });
      this.#act(others, opts, { kind: MessageKind.BROADCAST, request, options, body });
      const named = this.#hub.moves.named(sockets);
      const underWay = this.#hub.moves.underWay(this, opts).map((socket) => socket.id);
      expectNamedAcks(sockets, { id, named, acked: local.acked });
      for (const socket of sockets) deliver(socket, parcel);
      local.counted(sockets.length - named.size, [...named, ...underWay]);
      return;
    }
    if (body !== undefined) {
      const asks = question.peers.length > 0;
      const request = asks ? collectAcks(question, { onCount, ack }) : this.#hub.requests.next();
      this.#act(others, opts, { kind: MessageKind.BROADCAST, request, options, body });
    }
    expectAcks(sockets, id, ack);
    for (const socket of sockets) deliver(socket, parcel);
    onCount(sockets.length);
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    const others = this.#others(opts);
    const request = this.#hub.requests.next();
    const options = { ...targetsToWire(opts), j: rooms };
    const sent = this.#act(others, opts, { kind: MessageKind.JOIN, request, options });
    // Before they say so themselves, what is emitted next must find them.
    if (sent !== undefined) this.#hub.rooms.asked(others, request, sent, rooms);
    super.addSockets(opts, rooms);
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    const options = { ...targetsToWire(opts), j: rooms };
    this.#act(this.#others(opts), opts, { kind: MessageKind.LEAVE, options });
    super.delSockets(opts, rooms);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    const options = { ...targetsToWire(opts), c: close };
    this.#act(this.#others(opts), opts, { kind: MessageKind.DISCONNECT, options });
    super.disconnectSockets(opts, close);
  }

  /**
   * This worker's sockets themselves, and descriptions of all others. Rejects when a worker that lives is silent for too long.
   * Without those of a worker that exited or hung meanwhile: `missingWorkers()` tells.
   */
  override async fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    // All before the first await: what the app does next must not overtake the question.
    const asked = this.#others(opts);
    const ask = (peers: readonly Peer[]): Promise<FoundSockets> => this.#ask(peers, opts);
    if (this.#hub.moves.on && opts.flags?.local !== true) {
      const found = await fetchMoving({ hub: this.#hub, adapter: this }, opts, { asked, ask });
      return withMissing([...found.answers], found.missing);
    }
    const local = matchingSockets(this, opts);
    const { answers, missing } = await ask(asked);
    // One that began to move meanwhile may be found twice.
    return withMissing(onceEach([...local, ...answers]), missing);
  }

  #ask(peers: readonly Peer[], opts: BroadcastOptions): Promise<FoundSockets> {
    const question = this.#question(peers, opts);
    if (question.peers.length === 0) return Promise.resolve({ answers: [], missing: question.missing });
    const { request, sockets } = collectSockets(question);
    this.#send(question.peers, { kind: MessageKind.FETCH, request, options: targetsToWire(opts) });
    return sockets;
  }

  override async sockets(rooms: Set<Room>): Promise<Set<string>> {
    const sockets = await this.fetchSockets({ rooms });
    return new Set(sockets.map((socket) => (socket as { id: string }).id));
  }

  override serverSideEmit(packet: unknown[]): void {
    const last = packet.at(-1);
    const ack = typeof last === "function" ? (last as Ack) : undefined;
    const others = this.#address === undefined ? [] : [...this.#hub.answering(), ...this.#hub.silent()];
    const request = ack === undefined ? 0 : this.#askAll(others, ack);
    const body = [this.#hub.encode(ack === undefined ? packet : packet.slice(0, -1))];
    if (others.length > 0) this.#send("all", { kind: MessageKind.EMIT, request, body });
  }

  /** From the hub, as the next. */
  carryOut(order: WorkerOrder): void {
    carryOut(this, order);
  }

  receive(from: Peer, message: Message, scope: Scope | undefined): void {
    serve({ adapter: this, hub: this.#hub, from, message, scope });
  }

  /** For the hub: where this worker's sockets are, but for rooms whose name says so. */
  *places(): Iterable<Place> {
    if (this.sids.size > 0) yield NAMESPACE;
    for (const room of this.rooms.keys()) if (isAnnounced(room, this.#hub.self)) yield room;
    const held = this.#address === undefined ? [] : this.#hub.moves.heldAt(this.#address);
    for (const place of held) if (!this.has(place)) yield place;
  }

  /** For the hub. */
  has(place: Place): boolean {
    return place === NAMESPACE ? this.sids.size > 0 : this.rooms.has(place);
  }

  #leaving(rooms: readonly Room[], leave: () => void): void {
    const before = rooms.filter((room) => this.rooms.has(room));
    try {
      leave();
    } finally {
      for (const room of before) if (!this.rooms.has(room)) this.#tell("leave", room);
    }
  }

  #tell(change: "enter" | "leave", place: Place): void {
    const address = this.#address;
    if (address === undefined || !this.#hub.isAttached(address, this)) return;
    if (place !== NAMESPACE && !isAnnounced(place, this.#hub.self)) return;
    if (change === "leave" && this.#hub.moves.on && this.#hub.moves.holds(address, place)) return;
    this.#hub.rooms[change](address, place);
  }

  /** Socket.IO servers of the others. */
  #servers(): number {
    return this.#address === undefined ? 0 : this.#hub.servers;
  }

  /** @returns the number under which they answer */
  #askAll(peers: readonly Peer[], ack: Ack): number {
    const question = this.#question(peers, {});
    if (question.peers.length > 0) return collectAnswers(question, ack);
    process.nextTick(ack, null, withMissing([], question.missing));
    // Those that are hung hear it later, and find somebody to answer, though nobody listens any more.
    return this.#hub.requests.next();
  }

  #question(peers: readonly Peer[], { flags }: Pick<BroadcastOptions, "flags">): Question {
    return questionTo(this.#address === undefined ? [] : peers, this.#hub, flags?.timeout);
  }

  /** The other workers that may have sockets that `opts` choose. */
  #others(opts: BroadcastOptions): readonly Peer[] {
    if (opts.flags?.local === true || this.#address === undefined) return [];
    const { moves } = this.#hub;
    const found = this.#hub.rooms.peersFor(this.#address, opts.rooms);
    const peers = isForHost(opts) ? workersOf(found) : found;
    return moves.on ? moves.widen(peers) : peers;
  }

  /** Whether anybody else has, or will have, sockets that `opts` choose. */
  #isWanted(others: readonly Peer[], { flags }: BroadcastOptions): boolean {
    return others.length > 0 || (this.#hub.moves.on && flags?.local !== true);
  }

  /** Sends what changes something at sockets. @returns as {@link #send} */
  #act(
    to: readonly Peer[],
    opts: BroadcastOptions,
    draft: MessageDraft,
    volatile = false,
  ): string | undefined {
    const address = this.#address;
    if (address === undefined || !this.#isWanted(to, opts)) return undefined;
    return this.#hub.act(to, { ...draft, address }, volatile) ? address : undefined;
  }

  /** @returns the address that it went out for, unless nobody is meant or it cannot be encoded */
  #send(to: readonly Peer[] | "all", draft: MessageDraft): string | undefined {
    const address = this.#address;
    if (address === undefined || to.length === 0) return undefined;
    return this.#hub.send(to, { ...draft, address }) ? address : undefined;
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
