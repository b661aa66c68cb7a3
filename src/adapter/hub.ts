/**
 * Adapter, in a worker: what the adapters of all namespaces share: one channel of the bus, the questions that wait, what is known of
 * the others' rooms. A worker without a namespace says so instead of being silent.
 */

import type { Bus, Peer } from "../bus/bus.js";
import { sidPrefix } from "../routing/sid.js";
import { AddressBook } from "./addresses.js";
import type { Scope } from "./moves/host.js";
import { readOrder, type WorkerOrder } from "./orders.js";
import type { Place } from "./rooms/places.js";
import { Station } from "./station.js";
import { type Message, type MessageDraft, MessageKind } from "./wire.js";

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
  /** What a process that is no worker wants done at the sockets of this host. */
  carryOut(order: WorkerOrder): void;
  /** Where this worker's sockets are. */
  places(): Iterable<Place>;
  has(place: Place): boolean;
};

export type HubOptions = {
  /** One sentence about something that does not work; for a log. */
  readonly onProblem?: (sentence: string) => void;
};

export class Hub extends Station {
  /** Begins the ids of this worker's sockets. */
  readonly idPrefix: string;
  readonly #members: Map<string, Member>;
  readonly #addresses = new AddressBook();

  constructor(bus: Bus, { onProblem = () => {} }: HubOptions = {}) {
    const members = new Map<string, Member>();
    super({ bus, onProblem, namespaces: members });
    this.#members = members;
    this.idPrefix = sidPrefix(bus.self.identity);
  }

  get gauges(): AdapterGauges {
    const { size: questions } = this.requests;
    const { size: moves, loggedBytes: movesBytes } = this.moves;
    return { namespaces: this.#members.size, questions, ...this.rooms.gauges, moves, movesBytes };
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

  protected override here(): MessageDraft {
    return { kind: this.#members.size > 0 ? MessageKind.HERE : MessageKind.GONE };
  }

  protected override serve(from: Peer, message: Message, payload: Buffer): void {
    const member = this.#members.get(message.address);
    if (message.kind === MessageKind.ORDER) {
      member?.carryOut(readOrder(message));
      return;
    }
    const scope = this.moves.on ? this.moves.heard(from, message, payload) : undefined;
    if (member !== undefined) member.receive(from, message, scope);
    else if (message.request > 0) this.send([from], { kind: MessageKind.ABSENT, request: message.request });
  }

  protected override serveAgain(from: Peer, message: Message, scope: Scope): void {
    this.#members.get(message.address)?.receive(from, message, scope);
  }

  protected override adapterAt(address: string): object | undefined {
    return this.#members.get(address);
  }

  protected override reconcile(address: string, place: Place): void {
    if (this.#members.get(address)?.has(place) !== true) this.rooms.leave(address, place);
  }

  #vacate(address: string): void {
    for (const place of this.#members.get(address)?.places() ?? []) this.rooms.leave(address, place);
    this.moves.released(address);
  }
}
