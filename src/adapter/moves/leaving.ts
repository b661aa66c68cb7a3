/** Adapter, in the old worker: who mirrors, what is passed on for those who do not yet, and the sockets that are under way. */

import type { Room } from "socket.io-adapter";
import { deferred } from "../../base/deferred.js";
import type { Peer } from "../../bus/bus.js";
import { isAnnounced, type Place } from "../rooms/places.js";
import type { Position } from "../session-moves.js";
import { roomsFromWire, targetsFromWire } from "../targets.js";
import { type Message, type MessageDraft, MessageKind } from "../wire.js";
import { DepartedSockets } from "./departed.js";
import { isPeer, type MovesHost, peersOf } from "./host.js";
import type { LogEntry } from "./move-log.js";
import type { Numbers } from "./numbers.js";
import { Outbound } from "./outbound.js";

export class Leaving {
  /** Sockets that have left and have not arrived. */
  readonly departed = new DepartedSockets();
  readonly #host: MovesHost;
  readonly #self: string;
  readonly #numbers: Numbers;
  #out: Outbound | undefined;

  constructor(host: MovesHost, numbers: Numbers) {
    this.#host = host;
    this.#self = host.bus.self.key;
    this.#numbers = numbers;
  }

  /** Whether sessions may leave. */
  get open(): boolean {
    return this.#out?.closed === false;
  }

  /** Whether others must still know of this worker's being the old one. */
  get active(): boolean {
    return this.#out !== undefined;
  }

  /** Resolves when everybody mirrors who answers, or after `limit` ms. */
  async begin(to: readonly string[], limit: number): Promise<void> {
    const { promise, resolve } = deferred();
    const before = this.#out;
    before?.end();
    const asked = [...this.#host.answering().map(({ key }) => key), ...to];
    this.#out = new Outbound(to, { asked, round: this.#numbers.last + 1, onComplete: resolve, before });
    this.#host.send("all", this.#mirrorDraft(to));
    const timer = setTimeout(resolve, limit);
    timer.unref();
    await promise;
    clearTimeout(timer);
  }

  end(): void {
    const out = this.#out;
    if (out === undefined || out.closed) return;
    out.close();
    this.departed.clear();
    this.#host.send("all", this.#unmirrorDraft(true));
    for (const [address, places] of out.takeHeld()) {
      for (const place of places) this.#host.reconcile(address, place);
    }
  }

  /** Where this worker is. */
  position(): Position {
    const position: Record<string, number> = { [this.#self]: this.#numbers.last };
    for (const [key, base] of this.#out?.mirrored ?? []) {
      position[key] = Math.max(base, this.#numbers.of(key));
    }
    return position;
  }

  /** A session leaves with this position. */
  leave(): Position {
    if (this.#out !== undefined) this.#out.left = true;
    return this.position();
  }

  /** No session that has not arrived yet is behind this. */
  floor(): Position {
    return this.departed.oldest() ?? this.position();
  }

  /** Whether a session that comes back may lack this. */
  needs({ sender, number }: LogEntry): boolean {
    const oldest = this.departed.oldest();
    return oldest !== undefined && number > (oldest[sender] ?? 0);
  }

  /** What a session that comes back had of `sender`; undefined while this worker passes that on itself. */
  lastOf(sender: string, position: Position): number | undefined {
    return position[sender] ?? this.#out?.mirrored.get(sender);
  }

  /** Whether what this one sends must be passed on: sessions have left, and it does not mirror yet. */
  passesOn(from: Peer): boolean {
    return this.#out?.left === true && !this.#out.mirrored.has(from.key);
  }

  /** As a message of this worker, which the new one keeps from all sockets but those that came from here. @returns what to keep */
  passOn(from: Peer, payload: Buffer): LogEntry {
    const number = this.#numbers.next();
    const bytes = Buffer.from(payload);
    const draft = { kind: MessageKind.RELAY, options: { of: from.key, n: number }, body: [bytes] };
    this.#host.send(peersOf(this.#host, this.#out?.to ?? []), draft);
    return { sender: this.#self, number, bytes, relayed: from.key };
  }

  /** Sessions that have left may be in other rooms then, where they are now; nobody else knows that before they are there. */
  follow({ kind, address = "", options }: Pick<Message, "kind" | "options"> & { address?: string }): void {
    if (this.#out?.left !== true || this.#out.closed) return;
    if (kind !== MessageKind.JOIN && kind !== MessageKind.LEAVE) return;
    const rooms = roomsFromWire(options, "j");
    const adapter = this.#host.adapterAt(address);
    for (const socket of this.departed.matching(adapter, targetsFromWire(options))) {
      for (const room of rooms) socket.rooms[kind === MessageKind.JOIN ? "add" : "delete"](room);
    }
    if (kind === MessageKind.JOIN) this.#claim(address, rooms);
  }

  /** Whether the others must not hear that a place was left; they will at the end. */
  holds(address: string, place: Place): boolean {
    if (!this.open) return false;
    this.#out?.hold(address, place);
    return true;
  }

  heldAt(address: string): ReadonlySet<Place> {
    return this.#out?.heldAt(address) ?? new Set();
  }

  /** This namespace has ended here. */
  released(address: string): void {
    this.#out?.release(address);
  }

  /** @param round the number of the request that it answers: an earlier one named other workers */
  mirrored(from: Peer, number: number, round: number): void {
    const out = this.#out;
    if (out === undefined || round < out.round) return;
    if (this.passesOn(from)) {
      const draft = { kind: MessageKind.SWITCHED, options: { of: from.key, n: number } };
      this.#host.send(peersOf(this.#host, out.to), draft);
    }
    out.answered(from.key, number);
  }

  peerUp(peer: Peer): void {
    if (this.#out === undefined) return;
    this.#host.send([peer], this.#mirrorDraft(this.#out.to));
    if (this.#out.closed) this.#host.send([peer], this.#unmirrorDraft(true));
  }

  peerDown(key: string): void {
    this.#out?.giveUp(key);
    if (this.#out !== undefined && peersOf(this.#host, this.#out.to).length === 0) this.#out.end();
  }

  /** Nobody waits for its answers; but for those of the new worker: what that sends itself, nobody could pass on. */
  notAnswering(key: string): void {
    if (this.#out?.to.includes(key) === false) this.#out.giveUp(key);
  }

  /** Some of what was sent to it is missing. */
  fitsAgain(peer: Peer): void {
    if (this.#out === undefined) this.#host.send([peer], this.#unmirrorDraft(false));
    else this.peerUp(peer);
  }

  /** No session leaves any more, and nobody is left whose messages must be passed on. */
  forgetDone(): void {
    if (this.#out === undefined || !this.#isOver(this.#out)) return;
    this.#out = undefined;
    this.#host.send("all", this.#unmirrorDraft(false));
  }

  #isOver({ closed, left, to, mirrored }: Outbound): boolean {
    if (!closed) return false;
    const mirrors = ({ key }: Peer): boolean => mirrored.has(key);
    return !left || peersOf(this.#host, to).length === 0 || this.#host.bus.peers().every(mirrors);
  }

  #claim(address: string, rooms: readonly Room[]): void {
    for (const room of rooms) {
      if (!isAnnounced(room, this.#host.bus.self.identity)) continue;
      this.#out?.hold(address, room);
      this.#host.enter(address, room);
    }
  }

  #mirrorDraft(to: readonly string[]): MessageDraft {
    const living = to.filter((key) => isPeer(this.#host, key));
    return { kind: MessageKind.MIRROR, options: { to: living, n: this.#numbers.next() } };
  }

  /** @param more whether messages are still passed on for sessions that have left */
  #unmirrorDraft(more: boolean): MessageDraft {
    return { kind: MessageKind.UNMIRROR, options: { more, n: this.#numbers.next() } };
  }
}
