/**
 * Adapter, in a worker: what the adapters of all namespaces share: one channel of the bus, the questions that wait, the counters.
 * One channel for all keeps the order between namespaces, and lets a worker without a namespace say so instead of being silent.
 */

import type { Bus, Peer } from "../bus/bus.js";
import { AddressBook } from "./addresses.js";
import { Requests } from "./requests.js";
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

export type AdapterCounters = {
  /** Messages from the bus that make no sense, or that this worker cannot carry out. */
  malformed: number;
  /** Values of the app that could not be taken along to another worker. */
  unencodable: number;
};

/** An adapter, as the hub sees it. */
export type Member = {
  /** @throws {WireError} for a message that makes no sense */
  receive(from: Peer, message: Message): void;
  peerUp(peer: Peer): void;
};

export type HubOptions = {
  /** One sentence about something that does not work; for a log. */
  readonly onProblem?: (sentence: string) => void;
};

export class Hub {
  readonly bus: Bus;
  readonly requests: Requests;
  readonly counters: AdapterCounters = { malformed: 0, unencodable: 0 };
  readonly #onProblem: (sentence: string) => void;
  readonly #members = new Map<string, Member>();
  readonly #addresses = new AddressBook();
  readonly #reported = new Set<string>();
  #answering: readonly Peer[] = [];

  constructor(bus: Bus, { onProblem = () => {} }: HubOptions = {}) {
    this.bus = bus;
    this.#onProblem = onProblem;
    this.requests = new Requests(() => {
      this.counters.malformed += 1;
    });
    bus.subscribe(CHANNEL, {
      message: (from, payload) => this.#onMessage(from, payload),
      peerUp: (peer) => this.#onPeerUp(peer),
      peerDown: (peer) => this.#onGone(peer),
    });
  }

  /** Namespaces that are heard. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * The peers that have a Socket.IO server: only they are asked. A worker that loads its app is a peer already, but its loop does
   * not turn yet: it would keep everybody waiting. The same list until somebody comes or goes.
   */
  answering(): readonly Peer[] {
    // A bus that was closed tells nobody's death any more.
    return this.bus.peers().length === 0 ? [] : this.#answering;
  }

  /** From now on the member is heard, instead of an earlier one of the same namespace. @returns its address */
  attach(server: { path(): string }, namespace: string, member: Member): string {
    if (this.#members.size === 0) this.publish({ kind: MessageKind.HERE });
    const address = this.#addresses.take(server, namespace);
    this.#members.set(address, member);
    return address;
  }

  detach(server: object, address: string, member: Member): void {
    if (this.#members.get(address) !== member) return;
    this.#members.delete(address);
    this.#addresses.release(server, address);
    if (this.#members.size === 0) this.publish({ kind: MessageKind.GONE });
  }

  publish(draft: MessageDraft, volatile = false): void {
    const message = this.#encodeMessage(draft);
    if (message !== undefined) this.bus.publish(CHANNEL, message, volatile);
  }

  send(to: Peer, draft: MessageDraft): void {
    const message = this.#encodeMessage(draft);
    if (message !== undefined) this.bus.send([to], CHANNEL, message);
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
      this.#dispatch(from, decodeMessage(payload));
    } catch (error) {
      // Anything else was thrown by a listener of the app.
      if (!(error instanceof WireError)) throw error;
      this.counters.malformed += 1;
    }
  }

  #dispatch(from: Peer, message: Message): void {
    if (message.kind >= MessageKind.ABSENT) this.requests.receive(from, message);
    else if (message.kind === MessageKind.HERE) this.#onHere(from);
    else if (message.kind === MessageKind.GONE) this.#onGone(from);
    else this.#serve(from, message);
  }

  #serve(from: Peer, message: Message): void {
    const member = this.#members.get(message.address);
    if (member !== undefined) member.receive(from, message);
    else if (message.request > 0) this.send(from, { kind: MessageKind.ABSENT, request: message.request });
  }

  #onPeerUp(peer: Peer): void {
    if (this.#members.size > 0) this.send(peer, { kind: MessageKind.HERE });
    for (const member of [...this.#members.values()]) member.peerUp(peer);
  }

  #onHere(peer: Peer): void {
    this.#answering = [...this.#answering.filter(({ key }) => key !== peer.key), peer];
  }

  #onGone(peer: Peer): void {
    this.#answering = this.#answering.filter(({ key }) => key !== peer.key);
    this.requests.peerDown(peer);
  }
}
