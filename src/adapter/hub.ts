/**
 * Adapter, in a worker: what the adapters of all namespaces share: one channel of the bus, the questions that wait, what is known of
 * the others' rooms. One channel for all keeps the order between namespaces, and lets a worker without a namespace say so instead
 * of being silent.
 */

import type { Bus, Peer } from "../bus/bus.js";
import type { PeerIdentity } from "../protocol/hello.js";
import { sidPrefix } from "../routing/sid.js";
import { AddressBook } from "./addresses.js";
import { FleetView } from "./fleet-view.js";
import type { Scope } from "./moves/host.js";
import { Moves } from "./moves/moves.js";
import type { MissingWorker } from "./partial.js";
import { Requests } from "./requests.js";
import type { Place } from "./rooms/places.js";
import { RoomNews } from "./rooms/room-news.js";
import { encodeValue } from "./values.js";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type MessageDraft,
  MessageKind,
  WireError,
} from "./wire.js";

const CHANNEL = "socket.io";

/** Since the start. */
export type AdapterCounters = {
  /** Messages from the bus that make no sense, or that this worker cannot carry out. */
  malformed: number;
  /** Values of the app that could not be taken along to another worker. */
  unencodable: number;
  /** Questions that were answered without a worker that exited or hung. */
  partial: number;
};

/** Now. */
export type AdapterGauges = {
  /** Namespaces of this worker that the others reach. */
  readonly namespaces: number;
  /** Rooms with members on other workers, and namespaces with sockets there. */
  readonly foreignRooms: number;
  /** Questions that wait for answers. */
  readonly questions: number;
  /** Joins that other workers were asked for and have not confirmed. */
  readonly pendingJoins: number;
  /** What is kept because sessions move between workers; 0 while none do. */
  readonly moves: number;
  /** Bytes of messages that sessions on their way may lack. */
  readonly movesBytes: number;
};

/** An adapter, as the hub sees it. */
export type Member = {
  /** @throws {WireError} for a message that makes no sense */
  receive(from: Peer, message: Message, scope: Scope | undefined): void;
  /** Where this worker's sockets are. */
  places(): Iterable<Place>;
  has(place: Place): boolean;
};

export type HubOptions = {
  /** One sentence about something that does not work; for a log. */
  readonly onProblem?: (sentence: string) => void;
};

export class Hub {
  readonly requests: Requests;
  readonly rooms: RoomNews;
  readonly moves: Moves;
  readonly counters: AdapterCounters = { malformed: 0, unencodable: 0, partial: 0 };
  readonly self: PeerIdentity;
  /** Begins the ids of this worker's sockets. */
  readonly idPrefix: string;
  readonly #bus: Bus;
  readonly #onProblem: (sentence: string) => void;
  readonly #members = new Map<string, Member>();
  readonly #addresses = new AddressBook();
  readonly #view = new FleetView();
  readonly #reported = new Set<string>();

  constructor(bus: Bus, { onProblem = () => {} }: HubOptions = {}) {
    this.#bus = bus;
    this.#onProblem = onProblem;
    this.self = bus.self.identity;
    this.idPrefix = sidPrefix(bus.self.identity);
    this.rooms = new RoomNews(bus, this.#members, (to, draft) => this.send(to, draft));
    this.requests = new Requests(() => {
      this.counters.malformed += 1;
    });
    this.moves = new Moves({
      bus,
      answering: () => this.answering(),
      send: (to, draft) => this.send(to, draft),
      encode: (draft) => this.#encodeMessage(draft),
      post: (to, bytes, volatile) => this.#post(to, bytes, volatile),
      carryOut: (from, message, scope) => this.#carryOut(from, message, scope),
      adapterAt: (address) => this.#members.get(address),
      enter: (address, place) => this.rooms.enter(address, place),
      reconcile: (address, place) => {
        if (this.#members.get(address)?.has(place) !== true) this.rooms.leave(address, place);
      },
      report: (sentence) => this.report(sentence),
    });
    bus.subscribe(CHANNEL, {
      message: (from, payload) => this.#onMessage(from, payload),
      peerUp: (peer) => this.#onPeerUp(peer),
      peerDown: (peer) => this.#onPeerDown(peer),
      peerHung: (peer) => this.#onPeerHung(peer),
      peerBack: (peer) => this.#view.notHung(peer),
      lost: (peer) => this.rooms.lost(peer),
      fitsAgain: (peer) => {
        this.#tellAll(peer, this.requests.next());
        this.moves.fitsAgain(peer);
      },
    });
  }

  /** Of this worker, as the others know it. */
  get peer(): Peer {
    return this.#bus.self;
  }

  get gauges(): AdapterGauges {
    const { size: questions } = this.requests;
    const { size: moves, loggedBytes: movesBytes } = this.moves;
    return { namespaces: this.#members.size, questions, ...this.rooms.gauges, moves, movesBytes };
  }

  /** The peers that answer. The same list until somebody comes or goes. */
  answering(): readonly Peer[] {
    return this.#alone ? [] : this.#view.answering;
  }

  /** Those that would answer if they were not hung. */
  silent(): readonly Peer[] {
    return this.#alone ? [] : this.#view.silent;
  }

  /** From now on the member is heard, instead of an earlier one of the same namespace. @returns its address */
  attach(server: { path(): string }, namespace: string, member: Member): string {
    if (this.#members.size === 0) this.send("all", { kind: MessageKind.HERE });
    const address = this.#addresses.take(server, namespace);
    this.#vacate(address);
    this.#members.set(address, member);
    return address;
  }

  detach(server: object, address: string, member: Member): void {
    if (this.#members.get(address) !== member) return;
    this.#vacate(address);
    this.#members.delete(address);
    this.#addresses.release(server, address);
    if (this.#members.size === 0) this.send("all", { kind: MessageKind.GONE });
  }

  /** A member that was replaced has no say any more. */
  isAttached(address: string, member: Member): boolean {
    return this.#members.get(address) === member;
  }

  /** @returns whether it could be encoded */
  send(to: readonly Peer[] | "all", draft: MessageDraft, volatile = false): boolean {
    const message = this.#encodeMessage(draft);
    if (message === undefined) return false;
    this.#post(to, message, volatile);
    return true;
  }

  /** Sends what changes something at sockets. @returns whether it could be encoded */
  act(to: readonly Peer[], draft: MessageDraft, volatile = false): boolean {
    return this.moves.on ? this.moves.act(to, draft, volatile) : this.send(to, draft, volatile);
  }

  /** A value of the app, as the body of a message. */
  encode(value: unknown): Buffer {
    return encodeValue(value, () => {
      this.counters.unencodable += 1;
    });
  }

  /** Passes a sentence on, the same one only once. */
  report(sentence: string): void {
    if (this.#reported.has(sentence)) return;
    this.#reported.add(sentence);
    this.#onProblem(sentence);
  }

  /** A bus that was closed tells nobody's death any more. */
  get #alone(): boolean {
    return this.#bus.peers().length === 0;
  }

  #post(to: readonly Peer[] | "all", message: Buffer, volatile: boolean): void {
    // What changed before goes before: whoever acts on this message must find us in the rooms that we are in.
    this.rooms.flush();
    if (to === "all") this.#bus.publish(CHANNEL, message, volatile);
    else this.#bus.send(to, CHANNEL, message, volatile);
  }

  #vacate(address: string): void {
    for (const place of this.#members.get(address)?.places() ?? []) this.rooms.leave(address, place);
    this.moves.released(address);
  }

  /** undefined for options that JSON has no form for, such as a room that is named by a bigint. */
  #encodeMessage(draft: MessageDraft): Buffer | undefined {
    try {
      return encodeMessage(draft);
    } catch {
      this.counters.unencodable += 1;
      return undefined;
    }
  }

  #onMessage(from: Peer, payload: Buffer): void {
    try {
      this.#dispatch(from, decodeMessage(payload), payload);
    } catch (error) {
      // Anything else was thrown by a listener of the app.
      if (!(error instanceof WireError)) throw error;
      this.counters.malformed += 1;
    }
  }

  #dispatch(from: Peer, message: Message, payload: Buffer): void {
    if (message.kind === MessageKind.HERE) this.#view.here(from);
    else if (message.kind === MessageKind.GONE) this.#onGone(from);
    else if (message.kind < MessageKind.ROOMS) this.#serve(from, message, payload);
    else if (message.kind < MessageKind.MIRROR) this.rooms.receive(from, message);
    else if (message.kind < MessageKind.ABSENT) this.moves.receive(from, message);
    else this.#onAnswer(from, message);
  }

  #carryOut(from: Peer, message: Message, scope: Scope): void {
    try {
      this.#members.get(message.address)?.receive(from, message, scope);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.counters.malformed += 1;
    }
  }

  #serve(from: Peer, message: Message, payload: Buffer): void {
    const scope = this.moves.on ? this.moves.heard(from, message, payload) : undefined;
    const member = this.#members.get(message.address);
    if (member !== undefined) member.receive(from, message, scope);
    else if (message.request > 0) this.send([from], { kind: MessageKind.ABSENT, request: message.request });
  }

  #onAnswer(from: Peer, message: Message): void {
    if (message.kind === MessageKind.ABSENT) this.rooms.settled(from, message.request);
    this.requests.receive(from, message);
  }

  #onPeerUp(peer: Peer): void {
    this.rooms.peerUp(peer);
    // Before anything about rooms: who knows where our sockets are knows that they move.
    this.moves.peerUp(peer);
    this.#tellAll(peer, 0);
  }

  /** What this worker is, to one who does not know, or whose knowledge has a hole. */
  #tellAll(peer: Peer, request: number): void {
    this.send([peer], { kind: this.#members.size > 0 ? MessageKind.HERE : MessageKind.GONE });
    this.rooms.tellAll(peer, request);
  }

  #onPeerDown(peer: Peer): void {
    this.rooms.peerDown(peer);
    this.#view.notHung(peer);
    this.#onGone(peer);
    this.moves.peerDown(peer);
  }

  #onPeerHung(peer: Peer): void {
    this.#view.hung(peer);
    this.#giveUp(peer, "hung");
  }

  #onGone(peer: Peer): void {
    this.#view.gone(peer);
    this.#giveUp(peer, "exited");
  }

  #giveUp(peer: Peer, reason: MissingWorker["reason"]): void {
    this.moves.notAnswering(peer);
    const count = this.requests.giveUp(peer, reason);
    if (count === 0) return;
    this.counters.partial += count;
    const questions = count === 1 ? "A question was" : `${count} questions were`;
    this.#onProblem(
      `${questions} answered without the worker of slot ${peer.identity.slot}, which ${reason === "hung" ? "is hung" : "exited"}.`,
    );
  }
}
