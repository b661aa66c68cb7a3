/**
 * Adapter: what stands at the mesh and speaks the adapters' protocol: in a worker its {@link Hub}, in a bridge the relay. One channel of the
 * bus for all namespaces keeps the order between them. Here is what both do; what they do with messages for sockets is their own.
 */

import type { Bus, Peer } from "../bus/bus.js";
import type { PeerIdentity } from "../protocol/hello.js";
import { FleetView } from "./fleet-view.js";
import type { Scope } from "./moves/host.js";
import { Moves } from "./moves/moves.js";
import type { MissingWorker } from "./partial.js";
import { Requests } from "./requests.js";
import type { Namespaces } from "./rooms/announcements.js";
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

export type StationOptions = {
  readonly bus: Bus;
  /** One sentence about something that does not work; for a log. */
  readonly onProblem: (sentence: string) => void;
  /** Those that it speaks for, as they are at any time. */
  readonly namespaces: Namespaces;
  /** A place where the others have members may be new, or may be left. */
  readonly onPlace?: (address: string, place: Place) => void;
};

export abstract class Station {
  readonly requests: Requests;
  readonly rooms: RoomNews;
  readonly moves: Moves;
  readonly counters: AdapterCounters = { malformed: 0, unencodable: 0, partial: 0 };
  readonly self: PeerIdentity;
  readonly #bus: Bus;
  readonly #onProblem: (sentence: string) => void;
  readonly #view = new FleetView();
  readonly #reported = new Set<string>();

  constructor({ bus, onProblem, namespaces, onPlace }: StationOptions) {
    this.#bus = bus;
    this.#onProblem = onProblem;
    this.self = bus.self.identity;
    this.requests = new Requests(() => this.malformed());
    const next = (): number => this.requests.next();
    this.rooms = new RoomNews(bus, { namespaces, onPlace, next, send: (to, d) => this.sendNews(to, d) });
    this.moves = new Moves({
      bus,
      answering: () => this.answering(),
      send: (to, draft) => this.send(to, draft),
      encode: (draft) => this.#encodeMessage(draft),
      post: (to, bytes, volatile) => this.post(to, bytes, volatile),
      carryOut: (from, message, scope) => this.carryOut(from, message, scope),
      adapterAt: (address) => this.adapterAt(address),
      enter: (address, place) => this.rooms.enter(address, place),
      reconcile: (address, place) => this.reconcile(address, place),
      report: (sentence) => this.report(sentence),
    });
    bus.subscribe(CHANNEL, {
      message: (from, payload) => this.#onMessage(from, payload),
      peerUp: (peer) => this.#onPeerUp(peer),
      peerDown: (peer) => this.#onPeerDown(peer),
      peerHung: (peer) => this.#onPeerHung(peer),
      peerBack: (peer) => this.#changeView(() => this.#view.notHung(peer)),
      lost: (peer) => this.rooms.lost(peer),
      fitsAgain: (peer) => {
        this.tellAll(peer, this.requests.next());
        this.moves.fitsAgain(peer);
      },
    });
  }

  /** Of this process, as the others know it. */
  get peer(): Peer {
    return this.#bus.self;
  }

  /** The peers that answer. The same list until somebody comes or goes. */
  answering(): readonly Peer[] {
    return this.#alone ? [] : this.#view.answering;
  }

  /** Those that would answer if they were not hung. */
  silent(): readonly Peer[] {
    return this.#alone ? [] : this.#view.silent;
  }

  /** Socket.IO servers of those that answer. */
  get servers(): number {
    return this.#alone ? 0 : this.#view.servers;
  }

  /** Socket.IO servers for which this peer stands. */
  serversOf(peer: Peer): number {
    return this.#view.serversOf(peer);
  }

  /** Whose answers are missing when those of this peer are. */
  missingOf(peer: Peer, reason: MissingWorker["reason"]): readonly MissingWorker[] {
    return this.#view.missingOf(peer, reason);
  }

  /** @returns whether it could be encoded */
  send(to: readonly Peer[] | "all", draft: MessageDraft, volatile = false): boolean {
    const message = this.#encodeMessage(draft);
    if (message === undefined) return false;
    this.post(to, message, volatile);
    return true;
  }

  /** Sends what changes something at sockets. @returns whether it could be encoded */
  act(to: readonly Peer[], draft: MessageDraft, volatile = false): boolean {
    return this.moves.on ? this.moves.act(to, draft, volatile) : this.send(to, draft, volatile);
  }

  /** Sends a message as it is. */
  post(to: readonly Peer[] | "all", message: Buffer, volatile = false): void {
    // What changed before goes before: whoever acts on this message must find us in the rooms that we are in.
    this.rooms.flush();
    if (to === "all") this.#bus.publish(CHANNEL, message, volatile);
    else this.#bus.send(to, CHANNEL, message, volatile);
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

  /** HERE or GONE, as it is now. */
  protected abstract here(): MessageDraft;

  /** A message for the sockets that this one speaks for. @throws {WireError} for a message that makes no sense */
  protected abstract serve(from: Peer, message: Message, payload: Buffer): void;

  /** One that came before and is for sockets that came since. @throws {WireError} */
  protected abstract serveAgain(from: Peer, message: Message, scope: Scope): void;

  /** The adapter that messages for this address reach, if it is in this process. */
  protected abstract adapterAt(address: string): object | undefined;

  /** The others may know again whether anybody is in this place. */
  protected abstract reconcile(address: string, place: Place): void;

  /** Answers that are not for `requests` alone. */
  protected settled(from: Peer, request: number): void {
    this.rooms.settled(from, request);
  }

  protected sendNews(to: readonly Peer[] | "all", draft: MessageDraft): void {
    this.send(to, draft);
  }

  /** The peers that answer, or the servers for which they stand, are others now. */
  protected viewChanged(): void {}

  protected peerGone(_peer: Peer): void {}

  protected malformed(): void {
    this.counters.malformed += 1;
  }

  /** What this one is, to a peer who does not know, or whose knowledge has a hole. */
  protected tellAll(peer: Peer, request: number): void {
    this.send([peer], this.here());
    this.rooms.tellAll(peer, request);
  }

  protected carryOut(from: Peer, message: Message, scope: Scope): void {
    try {
      this.serveAgain(from, message, scope);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.malformed();
    }
  }

  /** A bus that was closed tells nobody's death any more. */
  get #alone(): boolean {
    return this.#bus.peers().length === 0;
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
      this.malformed();
    }
  }

  #dispatch(from: Peer, message: Message, payload: Buffer): void {
    if (message.kind === MessageKind.HERE) this.#changeView(() => this.#view.here(from, message.options));
    else if (message.kind === MessageKind.GONE) this.#onGone(from);
    else if (message.kind < MessageKind.ROOMS) this.serve(from, message, payload);
    else if (message.kind < MessageKind.MIRROR) this.onNews(from, message);
    else if (message.kind < MessageKind.ABSENT) this.moves.receive(from, message);
    else this.#onAnswer(from, message);
  }

  /** What a peer says of rooms. @throws {WireError} for a message that makes no sense */
  protected onNews(from: Peer, message: Message): void {
    if (message.kind === MessageKind.SETTLED) this.settled(from, message.request);
    else this.rooms.receive(from, message);
  }

  #onAnswer(from: Peer, message: Message): void {
    if (message.kind === MessageKind.ABSENT) this.settled(from, message.request);
    this.counters.partial += this.requests.receive(from, message);
  }

  #onPeerUp(peer: Peer): void {
    this.rooms.peerUp(peer);
    // Before anything about rooms: who knows where our sockets are knows that they move.
    this.moves.peerUp(peer);
    this.tellAll(peer, 0);
  }

  #onPeerDown(peer: Peer): void {
    this.rooms.peerDown(peer);
    this.#view.notHung(peer);
    this.#onGone(peer);
    this.moves.peerDown(peer);
    this.peerGone(peer);
  }

  #onPeerHung(peer: Peer): void {
    const missing = this.missingOf(peer, "hung");
    this.#changeView(() => this.#view.hung(peer));
    this.#giveUp(peer, missing);
  }

  #onGone(peer: Peer): void {
    const missing = this.missingOf(peer, "exited");
    this.#changeView(() => this.#view.gone(peer));
    this.#giveUp(peer, missing);
  }

  #changeView(change: () => void): void {
    change();
    this.viewChanged();
  }

  #giveUp(peer: Peer, missing: readonly MissingWorker[]): void {
    this.moves.notAnswering(peer);
    const count = this.requests.giveUp(peer, missing);
    if (count === 0) return;
    this.counters.partial += count;
    const questions = count === 1 ? "A question was" : `${count} questions were`;
    this.#onProblem(`${questions} answered without ${wordsFor(peer, missing)}.`);
  }
}

function wordsFor({ identity: { slot } }: Peer, missing: readonly MissingWorker[]): string {
  const [first] = missing;
  if (first === undefined || first.reason === "unreachable")
    return "the other hosts, whose bridge is not there";
  return `the worker of slot ${slot}, which ${first.reason === "hung" ? "is hung" : "exited"}`;
}
