/**
 * Adapter, in a worker: one for all namespaces. Broadcasts, joins, leaves and disconnects reach a session exactly once while it moves;
 * docs/architecture.md has the rule. This file says what happens when; the parts say how.
 */

import type { Adapter, BroadcastOptions } from "socket.io-adapter";
import type { Peer } from "../../bus/bus.js";
import { describe, type LocalSocket } from "../internals.js";
import type { Place } from "../rooms/places.js";
import type { Position, SessionMoves } from "../session-moves.js";
import { objectOf } from "../targets.js";
import { decodeMessage, type Message, type MessageDraft, MessageKind, WireError } from "../wire.js";
import { Arriving } from "./arriving.js";
import type { DepartedSocket } from "./departed.js";
import { type MovesHost, peersOf, type Scope } from "./host.js";
import { Leaving } from "./leaving.js";
import { Mirrors } from "./mirrors.js";
import { type LogEntry, MoveLog } from "./move-log.js";
import { byAdapter, keysOf, type Moving, numberOf } from "./moving.js";
import { Numbers } from "./numbers.js";

/** Bytes that the log may have. */
const LOG_LIMIT = 64 * 1024 * 1024;
/** Bytes of the log from which on the old workers are asked what is still needed of it. */
const LOG_EASY = 1024 * 1024;

type Sockets = Parameters<SessionMoves["arrived"]>[0];

export class Moves implements SessionMoves {
  /** Whether anything moves anywhere: the only thing that is looked at while nothing does. */
  on = false;
  readonly #host: MovesHost;
  readonly #self: string;
  readonly #numbers = new Numbers();
  readonly #log: MoveLog;
  readonly #mirrors: Mirrors;
  readonly #leaving: Leaving;
  readonly #arriving: Arriving;
  #askAt = LOG_EASY;

  constructor(host: MovesHost, logLimit = LOG_LIMIT) {
    this.#host = host;
    this.#self = host.bus.self.key;
    this.#log = new MoveLog(logLimit);
    this.#mirrors = new Mirrors(host, this.#numbers);
    this.#leaving = new Leaving(host, this.#numbers);
    this.#arriving = new Arriving(host, this.#numbers, this.#log);
  }

  /** What is kept because sessions move; 0 while none do. */
  get size(): number {
    const { departed } = this.#leaving;
    const { size } = this.#log;
    return size + this.#mirrors.size + this.#arriving.size + this.#numbers.size + departed.size;
  }

  /** Bytes of messages that are kept for sessions that arrive. */
  get loggedBytes(): number {
    return this.#log.bytes;
  }

  async mirror(to: readonly string[], limit: number): Promise<void> {
    this.#mirrors.beginOwn(to);
    const begun = this.#leaving.begin(to, limit);
    this.#update();
    await begun;
  }

  unmirror(): void {
    if (!this.#leaving.open) return;
    this.#mirrors.endOwn();
    this.#leaving.end();
    this.#update();
  }

  departing(sockets: Sockets): void {
    const at = this.#leaving.position();
    for (const { namespace, socket } of sockets as readonly Moving[]) {
      const { id, rooms } = socket;
      const details = describe(socket);
      this.#leaving.departed.add({ id, at, adapter: namespace.adapter, rooms: new Set(rooms), details });
    }
  }

  settled(ids: readonly string[]): void {
    for (const id of ids) this.#leaving.departed.delete(id);
    this.#prune();
    this.#update();
  }

  position(): Position {
    return this.#leaving.leave();
  }

  arrived(sockets: Sockets, position: Position): void {
    const arrivals = byAdapter(sockets as readonly Moving[]);
    // The first is the old worker's own.
    const [old = ""] = Object.keys(position);
    if (old !== this.#self) {
      this.#arriving.arrived(old, arrivals, position);
      this.#prune();
      return;
    }
    this.#arriving.replay(old, arrivals, (sender) => this.#leaving.lastOf(sender, position));
    this.settled((sockets as readonly Moving[]).map(({ socket }) => socket.id));
  }

  /** The peers to whom what is for these must go. */
  widen(to: readonly Peer[]): readonly Peer[] {
    return this.#mirrors.widen(to);
  }

  /** Keys of the workers to which sessions of these go, or of this one. */
  destinations(peers: readonly Peer[]): ReadonlySet<string> {
    return this.#mirrors.destinations(peers);
  }

  /** Sockets that have left this worker and have not arrived. */
  underWay(adapter: Adapter, opts: BroadcastOptions): readonly DepartedSocket[] {
    return this.#leaving.departed.matching(adapter, opts);
  }

  /** Ids of those that an old worker may name, too, to who counts answers. */
  named(sockets: readonly LocalSocket[]): ReadonlySet<string> {
    return this.#arriving.named(sockets);
  }

  /** Sends an acting message of this worker with a number. @returns whether it could be encoded */
  act(to: readonly Peer[], draft: MessageDraft, volatile: boolean): boolean {
    const number = this.#numbers.next();
    const bytes = this.#host.encode({ ...draft, options: { ...draft.options, n: number } });
    if (bytes === undefined) return false;
    this.#leaving.follow({ ...draft, options: draft.options });
    this.#keep({ sender: this.#self, number, bytes });
    if (to.length > 0) this.#host.post(to, bytes, volatile);
    return true;
  }

  /** A message has come and is about to be carried out. @returns for whom, if not for all @throws {WireError} */
  heard(from: Peer, message: Message, payload: Buffer): Scope | undefined {
    if (message.kind > MessageKind.DISCONNECT) return undefined;
    const { n } = objectOf(message.options);
    const number = n === undefined ? undefined : numberOf(n);
    if (number !== undefined) this.#numbers.handled(from.key, number);
    if (this.#leaving.passesOn(from)) this.#keep(this.#leaving.passOn(from, payload));
    else if (number !== undefined || this.#numbers.of(from.key) === 0) {
      this.#keep({ sender: from.key, number: number ?? 0, bytes: payload }, true);
    }
    this.#leaving.follow(message);
    return this.#arriving.scopeOf(from.key, number);
  }

  /** Whether the others must not hear that a place was left; they will at the end. */
  holds(address: string, place: Place): boolean {
    return this.#leaving.holds(address, place);
  }

  heldAt(address: string): ReadonlySet<Place> {
    return this.#leaving.heldAt(address);
  }

  /** This namespace has ended here. */
  released(address: string): void {
    this.#leaving.released(address);
  }

  /** @throws {WireError} for a message that makes no sense */
  receive(from: Peer, { kind, options, body }: Message): void {
    const { n, to, of, more, p, r } = objectOf(options);
    const number = numberOf(n);
    this.#numbers.handled(from.key, number);
    switch (kind) {
      case MessageKind.MIRROR:
        this.#begin(from.key, keysOf(to), number);
        break;
      case MessageKind.UNMIRROR:
        this.#end(from.key, more === true);
        break;
      case MessageKind.MIRRORED:
        if (of === this.#self) this.#leaving.mirrored(from, number, numberOf(r));
        break;
      case MessageKind.UNMIRRORED:
        break;
      case MessageKind.RELAY:
        this.#relayed(from, { sender: from.key, number, bytes: body, relayed: String(of) });
        break;
      case MessageKind.SWITCHED:
        this.#arriving.switched(from.key, String(of), number);
        break;
      case MessageKind.FLOOR:
        this.#floor(from, p);
        break;
      default:
        throw new WireError(`a message about moves of the unknown kind ${kind}`);
    }
    this.#update();
  }

  peerUp(peer: Peer): void {
    if (!this.on) return;
    this.#leaving.peerUp(peer);
    this.#mirrors.peerUp(peer);
  }

  peerDown({ key }: Peer): void {
    if (!this.on) return;
    this.#arriving.lose(key);
    this.#mirrors.peerDown(key);
    this.#leaving.peerDown(key);
    this.#update();
  }

  /** Nobody waits for its answers. */
  notAnswering({ key }: Peer): void {
    this.#leaving.notAnswering(key);
  }

  /** Some of what was sent to it is missing. */
  fitsAgain(peer: Peer): void {
    if (this.#numbers.last === 0) return;
    this.#leaving.fitsAgain(peer);
    this.#mirrors.fitsAgain(peer);
  }

  #begin(old: string, to: readonly string[], round: number): void {
    if (to.includes(this.#self)) this.#arriving.begin(old);
    else this.#arriving.end(old);
    this.#mirrors.begin(old, to, round);
  }

  #end(old: string, more: boolean): void {
    if (!more) this.#arriving.end(old);
    this.#mirrors.end(old, more);
  }

  #relayed(from: Peer, view: LogEntry): void {
    const entry = { ...view, bytes: Buffer.from(view.bytes) };
    // What makes no sense must not lie in the log.
    decodeMessage(entry.bytes);
    this.#keep(entry);
    this.#arriving.relayed(from, entry);
  }

  /** Without a position it is the question. */
  #floor(from: Peer, position: unknown): void {
    if (position === undefined) this.#sendFloor([from], this.#leaving.floor());
    else {
      this.#arriving.floor(from.key, objectOf(position) as Position);
      this.#prune();
      this.#askAt = Math.max(LOG_EASY, 2 * this.#log.bytes);
    }
  }

  #sendFloor(to: readonly Peer[], p?: Position): void {
    this.#host.send(to, { kind: MessageKind.FLOOR, options: { n: this.#numbers.next(), p } });
  }

  /** @param isView whether the bytes are not the entry's own */
  #keep(entry: LogEntry, isView = false): void {
    if (!this.#isLogged) return;
    const overflows = this.#log.add(isView ? { ...entry, bytes: Buffer.from(entry.bytes) } : entry);
    if (overflows) {
      this.#host.report(
        "While sessions moved to another worker, more was sent than is kept for those on their way: some may lack messages.",
      );
    }
    if (this.#log.bytes < this.#askAt) return;
    this.#askAt = Infinity;
    this.#sendFloor(peersOf(this.#host, this.#arriving.sources()));
  }

  #prune(): void {
    this.#log.prune((entry) => this.#arriving.needs(entry) || this.#leaving.needs(entry));
  }

  /** Somebody may arrive who lacks what is said now. */
  get #isLogged(): boolean {
    return this.#leaving.departed.size > 0 || this.#arriving.open;
  }

  #update(): void {
    this.#arriving.forgetDone();
    this.#leaving.forgetDone();
    this.on = this.#mirrors.size > 0 || this.#arriving.size > 0 || this.#leaving.active;
    if (!this.#isLogged) {
      this.#log.clear();
      this.#askAt = LOG_EASY;
    }
    if (!this.on) this.#numbers.forget();
  }
}
