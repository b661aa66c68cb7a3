/**
 * Adapter, in a worker: one for all namespaces. Numbers what this worker sends while sessions move anywhere, keeps what sessions that
 * arrive may lack, and keeps from them what they had. docs/architecture.md has the rule.
 */

import type { Adapter, BroadcastOptions, Room } from "socket.io-adapter";
import { deferred } from "../../base/deferred.js";
import type { Bus, Peer } from "../../bus/bus.js";
import { guard } from "../../bus/guard.js";
import { describe, type LocalSocket } from "../internals.js";
import { isAnnounced, type Place } from "../rooms/places.js";
import type { Position, SessionMoves } from "../session-moves.js";
import { objectOf, roomsFromWire, targetsFromWire } from "../targets.js";
import { decodeMessage, type Message, type MessageDraft, MessageKind, WireError } from "../wire.js";
import { type DepartedSocket, DepartedSockets } from "./departed.js";
import { Inbound } from "./inbound.js";
import { Mirrors } from "./mirrors.js";
import { type LogEntry, MoveLog } from "./move-log.js";
import { Outbound } from "./outbound.js";

/** What of an acting message is carried out here. */
export type Scope = {
  /** The sockets that are not meant though the targets choose them. */
  readonly spares?: (socket: object) => boolean;
  /** Only these are meant. Who is disconnected is taken out. */
  readonly only?: Set<object>;
  /** It was carried out before, for others: nobody waits for an answer to the whole. */
  readonly again?: boolean;
};

/** What the hub does for this. */
export type MovesHost = {
  readonly bus: Bus;
  answering(): readonly Peer[];
  send(to: readonly Peer[] | "all", draft: MessageDraft): void;
  /** undefined when it cannot be encoded */
  encode(draft: MessageDraft): Buffer | undefined;
  post(to: readonly Peer[], bytes: Buffer, volatile: boolean): void;
  carryOut(from: Peer, message: Message, scope: Scope): void;
  /** The adapter that messages for this address reach. */
  adapterAt(address: string): object | undefined;
  /** The others must believe that somebody is in this place. */
  enter(address: string, place: Place): void;
  /** The others may know again whether anybody is in this place. */
  reconcile(address: string, place: Place): void;
  report(sentence: string): void;
};

/** Bytes that the log may have. */
const LOG_LIMIT = 64 * 1024 * 1024;

type Arriving = Parameters<SessionMoves["arrived"]>[0];
type Leaving = { readonly namespace: { readonly adapter: object }; readonly socket: LocalSocket };

export class Moves implements SessionMoves {
  /** Whether anything moves anywhere: the only thing that is looked at while nothing does. */
  on = false;
  readonly #host: MovesHost;
  readonly #self: string;
  readonly #mirrors: Mirrors;
  readonly #log: MoveLog;
  readonly #inbound = new Map<string, Inbound>();
  /** The highest number of each other sender that this worker has handled. */
  readonly #handled = new Map<string, number>();
  readonly #departed = new DepartedSockets();
  #out: Outbound | undefined;

  constructor(host: MovesHost, logLimit = LOG_LIMIT) {
    this.#host = host;
    this.#self = host.bus.self.key;
    this.#mirrors = new Mirrors(this.#self);
    this.#log = new MoveLog(logLimit);
  }

  /** What is kept because sessions move; 0 while none do. */
  get size(): number {
    return (
      this.#departed.size + this.#mirrors.size + this.#inbound.size + this.#handled.size + this.#log.size
    );
  }

  /** Messages that were dropped though a session that arrives may have needed them. */
  get overflow(): number {
    return this.#log.overflow;
  }

  async mirror(to: readonly string[], limit: number): Promise<void> {
    const { promise, resolve } = deferred();
    const held = this.#out;
    held?.end();
    const asked = [...this.#host.answering().map(({ key }) => key), ...to];
    this.#out = new Outbound(to, asked, resolve, held);
    this.#mirrors.set(this.#self, to).answered = true;
    this.#update();
    this.#host.send("all", this.#mirrorDraft(to));
    const timer = setTimeout(resolve, limit);
    timer.unref();
    await promise;
    clearTimeout(timer);
  }

  unmirror(): void {
    const out = this.#out;
    if (out === undefined || out.closed) return;
    out.close();
    this.#mirrors.delete(this.#self);
    this.#host.send("all", this.#unmirrorDraft(true));
    for (const [address, places] of out.held()) {
      for (const place of places) this.#host.reconcile(address, place);
      out.release(address);
    }
    this.#update();
  }

  position(): Position {
    const position: Record<string, number> = { [this.#self]: this.#mirrors.last };
    if (this.#out === undefined) return position;
    this.#out.left = true;
    for (const [key, base] of this.#out.mirrored) position[key] = this.#handled.get(key) ?? base;
    return position;
  }

  departing(sockets: Arriving): void {
    for (const { namespace, socket } of sockets as readonly Leaving[]) {
      const details = describe(socket);
      const { id, rooms } = socket;
      this.#departed.add({ id, adapter: namespace.adapter, rooms: new Set(rooms), details });
    }
  }

  settled(ids: readonly string[]): void {
    for (const id of ids) this.#departed.delete(id);
  }

  arrived(sockets: Arriving, position: Position): void {
    for (const { socket } of sockets as readonly Leaving[]) this.#departed.delete(socket.id);
    // The first is the old worker's own.
    const [old = ""] = Object.keys(position);
    const from = old === this.#self ? this.#out : this.#inbound.get(old);
    if (from === undefined) return;
    from.arrived(
      sockets.map(({ socket }) => socket),
      position,
    );
    const groups = byAdapter(sockets);
    for (const entry of this.#log.entries()) {
      const last = from.lastOf(entry.sender, position) ?? Infinity;
      if (entry.number > last && isMeant(entry, old)) this.#replay(entry, groups);
    }
    this.#prune();
  }

  /** The peers to whom what is meant for these must go. */
  widen(to: readonly Peer[]): readonly Peer[] {
    return this.#mirrors.widen(to, this.#host.bus.peers());
  }

  /** Those of these sockets that an old worker may name to who counts answers. */
  named(sockets: readonly LocalSocket[]): ReadonlySet<string> {
    const inbound = [...this.#inbound.values()];
    const moved = sockets.filter((socket) => inbound.some((one) => one.has(socket)));
    return new Set(moved.map(({ id }) => id));
  }

  /** Sockets that have left this worker and have not arrived. */
  underWay(adapter: Adapter, opts: BroadcastOptions): readonly DepartedSocket[] {
    return this.#departed.matching(adapter, opts);
  }

  /** Where those who leave any of these peers, or this worker, arrive. */
  *destinations(peers: readonly Peer[]): Iterable<string> {
    for (const { key } of peers) yield* this.#mirrors.get(key)?.to ?? [];
  }

  /** Sends an acting message of this worker with a number. @returns whether it could be encoded */
  act(to: readonly Peer[], draft: MessageDraft, volatile: boolean): boolean {
    const number = this.#mirrors.next();
    const bytes = this.#host.encode({ ...draft, options: { ...draft.options, n: number } });
    if (bytes === undefined) return false;
    this.#follow(draft.kind, draft.address ?? "", draft.options);
    this.#keep({ sender: this.#self, number, bytes });
    if (to.length > 0) this.#host.post(to, bytes, volatile);
    return true;
  }

  /** An acting message has come and is about to be carried out. @throws {WireError} */
  heard(from: Peer, message: Message, payload: Buffer): Scope {
    if (message.kind > MessageKind.DISCONNECT) return {};
    const { n } = objectOf(message.options ?? {});
    const number = n === undefined ? undefined : numberOf(n);
    if (number !== undefined) this.#handledUpTo(from.key, number);
    if (this.#out?.left === true && !this.#out.mirrored.has(from.key)) this.#relay(from, payload);
    else if (number !== undefined) this.#keep({ sender: from.key, number, bytes: Buffer.from(payload) });
    this.#follow(message.kind, message.address, message.options);
    return this.#inbound.size === 0 ? {} : { spares: (socket) => this.#had(socket, from.key, number) };
  }

  /** Whether the others must not hear that a place was left; they will at the end. */
  holds(address: string, place: Place): boolean {
    if (this.#out?.closed !== false) return false;
    this.#out.hold(address, place);
    return true;
  }

  heldAt(address: string): ReadonlySet<Place> {
    return this.#out?.heldAt(address) ?? new Set();
  }

  /** This namespace has ended here. */
  released(address: string): void {
    this.#out?.release(address);
  }

  /** @throws {WireError} for a message that makes no sense */
  receive(from: Peer, message: Message): void {
    const options = objectOf(message.options);
    const number = numberOf(options.n);
    switch (message.kind) {
      case MessageKind.MIRROR:
        this.#mirror(from, keysOf(options.to), number);
        break;
      case MessageKind.UNMIRROR:
        this.#handledUpTo(from.key, number);
        this.#unmirror(from.key, options.more === true);
        break;
      case MessageKind.MIRRORED:
        this.#mirrored(from, options.of, number);
        break;
      case MessageKind.UNMIRRORED:
        this.#handledUpTo(from.key, number);
        break;
      case MessageKind.RELAY:
        this.#relayed(from, { number, sender: String(options.of), bytes: Buffer.from(message.body) });
        break;
      case MessageKind.SWITCHED:
        this.#switched(from.key, String(options.of), number);
        break;
      default:
        throw new WireError(`a message about moves of the unknown kind ${message.kind}`);
    }
    this.#update();
  }

  peerUp(peer: Peer): void {
    if (!this.on) return;
    this.#tellOut(peer);
    for (const [old, mirror] of this.#mirrors.into(peer.key)) {
      if (old === this.#self) continue;
      if (mirror.answered) this.#sayMirrored(old, [peer]);
      else this.#answer(old);
    }
  }

  peerDown({ key }: Peer): void {
    if (!this.on) return;
    this.#unmirror(key, false);
    for (const [old, mirror] of this.#mirrors.into(key)) {
      mirror.gone.add(key);
      this.#answer(old);
    }
    this.#out?.giveUp(key);
    if (this.#out !== undefined && this.#peersOf(this.#out.to).length === 0) this.#out.end();
    this.#update();
  }

  /** Some of what was sent to it is missing: it gets the newest of all. */
  fitsAgain(peer: Peer): void {
    if (this.#mirrors.last === 0) return;
    if (this.#out === undefined) this.#host.send([peer], this.#unmirrorDraft(false));
    else this.#tellOut(peer);
    const mirror = this.#mirrors.get(peer.key);
    if (mirror?.answered === true) this.#sayMirrored(peer.key, [peer]);
    for (const [old] of this.#mirrors.into(peer.key)) if (old !== this.#self) this.#sayMirrored(old, [peer]);
    this.#sayUnmirrored([peer.key]);
  }

  /** Nobody waits for its answers. */
  notAnswering({ key }: Peer): void {
    // But for the new worker: what it sends itself, nobody could pass on.
    if (this.#out?.to.includes(key) === false) this.#out.giveUp(key);
  }

  // --- As a sender.

  #mirror(from: Peer, to: readonly string[], number: number): void {
    const before = this.#mirrors.get(from.key);
    this.#handledUpTo(from.key, number);
    this.#mirrors.set(from.key, to);
    this.#sayUnmirrored((before?.to ?? []).filter((key) => !to.includes(key)));
    const inbound = this.#inbound.get(from.key);
    if (to.includes(this.#self))
      this.#inbound
        .set(from.key, inbound ?? new Inbound())
        .get(from.key)
        ?.begin();
    else inbound?.end(false);
    this.#answer(from.key);
  }

  /** Once every new worker that lives is a peer: what is sent from then on reaches them. */
  #answer(old: string): void {
    const mirror = this.#mirrors.get(old);
    if (mirror === undefined || mirror.answered) return;
    const isHere = (key: string): boolean => key === this.#self || this.#isPeer(key) || mirror.gone.has(key);
    if (!mirror.to.every(isHere)) return;
    mirror.answered = true;
    this.#sayMirrored(old, this.#peersOf([old, ...mirror.to]));
    if (mirror.ended) this.#stopMirroring(old);
  }

  #stopMirroring(old: string): void {
    const { to = [] } = this.#mirrors.get(old) ?? {};
    this.#mirrors.delete(old);
    this.#sayUnmirrored(to);
  }

  /** A number of its own: whoever has it has got everything that was sent before. */
  #sayMirrored(old: string, to: readonly Peer[]): void {
    const options = { of: old, n: this.#mirrors.next() };
    this.#host.send(to, { kind: MessageKind.MIRRORED, options });
  }

  #sayUnmirrored(to: readonly string[]): void {
    const peers = this.#peersOf(to);
    if (peers.length === 0) return;
    this.#host.send(peers, { kind: MessageKind.UNMIRRORED, options: { n: this.#mirrors.next() } });
  }

  /** No more sessions leave this peer; or it is gone. */
  #unmirror(old: string, more: boolean): void {
    const mirror = this.#mirrors.get(old);
    this.#inbound.get(old)?.end(more);
    if (mirror === undefined) return;
    mirror.ended = true;
    if (mirror.answered || !more) this.#stopMirroring(old);
  }

  // --- As the old worker.

  #mirrorDraft(to: readonly string[]): MessageDraft {
    const living = to.filter((key) => this.#isPeer(key));
    return { kind: MessageKind.MIRROR, options: { to: living, n: this.#mirrors.next() } };
  }

  /** @param more whether messages are still passed on for sessions that have left */
  #unmirrorDraft(more: boolean): MessageDraft {
    return { kind: MessageKind.UNMIRROR, options: { more, n: this.#mirrors.next() } };
  }

  #tellOut(peer: Peer): void {
    if (this.#out === undefined) return;
    this.#host.send([peer], this.#mirrorDraft(this.#out.to));
    if (this.#out.closed) this.#host.send([peer], this.#unmirrorDraft(true));
  }

  /** No session leaves any more, and nobody is left whose messages must be passed on. */
  #isOutOver({ closed, left, to, mirrored }: Outbound): boolean {
    if (!closed) return false;
    const mirrors = ({ key }: Peer): boolean => mirrored.has(key);
    return !left || this.#peersOf(to).length === 0 || this.#host.bus.peers().every(mirrors);
  }

  /** Sessions that have left may be in other rooms then, where they are now; nobody else knows that before they are there. */
  #follow(kind: number, address: string, options: unknown): void {
    if (this.#out?.left !== true || this.#out.closed) return;
    if (kind !== MessageKind.JOIN && kind !== MessageKind.LEAVE) return;
    const rooms = roomsFromWire(options, "j");
    for (const socket of this.#departed.matching(this.#host.adapterAt(address), targetsFromWire(options))) {
      for (const room of rooms) socket.rooms[kind === MessageKind.JOIN ? "add" : "delete"](room);
    }
    if (kind === MessageKind.JOIN) this.#claim(address, rooms);
  }

  #claim(address: string, rooms: readonly Room[]): void {
    for (const room of rooms) {
      if (!isAnnounced(room, this.#host.bus.self.identity)) continue;
      this.#out?.hold(address, room);
      this.#host.enter(address, room);
    }
  }

  /** For what has left: as a message of this worker, which the new one keeps from all other sockets. */
  #relay(from: Peer, payload: Buffer): void {
    const number = this.#mirrors.next();
    const bytes = Buffer.from(payload);
    this.#keep({ sender: this.#self, number, bytes, relayed: from.key });
    const draft = { kind: MessageKind.RELAY, options: { of: from.key, n: number }, body: [bytes] };
    this.#host.send(this.#peersOf(this.#out?.to ?? []), draft);
  }

  #mirrored(from: Peer, old: unknown, number: number): void {
    this.#handledUpTo(from.key, number);
    const out = this.#out;
    if (old !== this.#self || out === undefined) return;
    if (out.left && !out.mirrored.has(from.key)) {
      const draft = { kind: MessageKind.SWITCHED, options: { of: from.key, n: number } };
      this.#host.send(this.#peersOf(out.to), draft);
    }
    out.answered(from.key, number);
  }

  // --- As the new worker.

  #relayed(from: Peer, { sender, number, bytes }: { sender: string; number: number; bytes: Buffer }): void {
    this.#handledUpTo(from.key, number);
    this.#keep({ sender: from.key, number, bytes, relayed: sender });
    const inbound = this.#inbound.get(from.key);
    if (inbound === undefined) return;
    const spares = (socket: object): boolean => !inbound.has(socket) || this.#had(socket, from.key, number);
    this.#carryOut(sender, bytes, { spares, again: true });
  }

  #switched(old: string, sender: string, number: number): void {
    const inbound = this.#inbound.get(old);
    if (inbound === undefined) return;
    const spares = (socket: object): boolean => !inbound.waitsFor(sender, socket);
    for (const entry of this.#log.entries()) {
      const late = entry.sender === sender && entry.relayed === undefined && entry.number > number;
      if (late) this.#carryOut(sender, entry.bytes, { spares, again: true });
    }
    inbound.switched(sender, number);
  }

  #had(socket: object, sender: string, number: number | undefined): boolean {
    for (const inbound of this.#inbound.values()) {
      if (inbound.had(socket, sender, number, this.#handled.get(sender) ?? 0)) return true;
    }
    return false;
  }

  #replay({ sender, relayed, bytes }: LogEntry, groups: ReadonlyMap<unknown, Set<object>>): void {
    const message = decodeMessage(bytes);
    const only = groups.get(this.#host.adapterAt(message.address));
    if (only !== undefined) this.#carryOut(relayed ?? sender, bytes, { only, again: true });
  }

  #carryOut(sender: string, bytes: Buffer, scope: Scope): void {
    const { bus } = this.#host;
    const from = bus.peers().find(({ key }) => key === sender) ?? bus.self;
    guard(() => this.#host.carryOut(from, decodeMessage(bytes), scope));
  }

  // --- What is known.

  get #logs(): boolean {
    if (this.#out?.closed === false) return true;
    return [...this.#inbound.values()].some(({ closed }) => !closed);
  }

  #keep(entry: LogEntry): void {
    if (!this.#logs || !this.#log.add(entry)) return;
    this.#host.report(
      "While sessions moved to another worker, more was sent than can be kept for those under way: some may lack messages.",
    );
  }

  #prune(): void {
    if (this.#out?.closed === false) return;
    const inbound = [...this.#inbound.values()];
    this.#log.prune(({ sender, number }) => inbound.some((one) => number > one.floorOf(sender)));
  }

  #handledUpTo(sender: string, number: number): void {
    this.#handled.set(sender, Math.max(number, this.#handled.get(sender) ?? 0));
  }

  #update(): void {
    const hasCaughtUp = (sender: string, number: number): boolean =>
      !this.#isPeer(sender) || (this.#handled.get(sender) ?? 0) >= number;
    for (const [old, inbound] of this.#inbound) if (inbound.isDone(hasCaughtUp)) this.#inbound.delete(old);
    if (this.#out !== undefined && this.#isOutOver(this.#out)) {
      this.#out = undefined;
      this.#host.send("all", this.#unmirrorDraft(false));
    }
    if (this.#out?.closed !== false) this.#departed.clear();
    this.on = this.#mirrors.size > 0 || this.#inbound.size > 0 || this.#out !== undefined;
    if (!this.#logs) this.#log.clear();
    if (!this.on) this.#handled.clear();
  }

  #isPeer(key: string): boolean {
    return this.#host.bus.peers().some((peer) => peer.key === key);
  }

  #peersOf(keys: readonly string[]): readonly Peer[] {
    return this.#host.bus.peers().filter(({ key }) => keys.includes(key));
  }
}

/** What was passed on is for the sessions of the worker that did. */
function isMeant({ sender, relayed }: LogEntry, old: string): boolean {
  return relayed === undefined || sender === old;
}

function byAdapter(sockets: Arriving): Map<unknown, Set<object>> {
  const groups = new Map<unknown, Set<object>>();
  for (const { namespace, socket } of sockets) {
    const { adapter } = namespace as { adapter: unknown };
    groups.set(adapter, (groups.get(adapter) ?? new Set()).add(socket));
  }
  return groups;
}

/** @throws {WireError} */
function numberOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new WireError("a number of a wrong shape");
  return value as number;
}

/** @throws {WireError} */
function keysOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw new WireError("a list of workers of a wrong shape");
  return value.map(String);
}
