/** Bridge: what the workers of this host have for the sockets of others: it goes to the hosts that may have some, and answers come back. */

import { randomInt } from "node:crypto";
import { missingHost } from "../../adapter/partial.js";
import { type Outcome, Requests } from "../../adapter/requests.js";
import { roomsFromWire, targetsFromWire } from "../../adapter/targets.js";
import { type Message, type MessageDraft, MessageKind, WireError } from "../../adapter/wire.js";
import type { Peer } from "../../bus/bus.js";
import type { ForeignRooms } from "./foreign-rooms.js";
import type { Host, Hosts } from "./hosts.js";
import type { LocalSide } from "./local-side.js";
import { bytesFor, isVolatile, lastWord, limitOf } from "./pass-on.js";
import { isNotAfter, Settlements } from "./settlements.js";
import type { SiteSide } from "./site-side.js";

export type OutwardOptions = {
  readonly local: () => LocalSide;
  readonly site: SiteSide;
  readonly hosts: Hosts;
  readonly rooms: ForeignRooms;
  readonly onMalformed: () => void;
};

/** What each kind of question is answered with, but for the last word. */
const ANSWERS: Partial<Record<number, MessageKind>> = {
  [MessageKind.BROADCAST]: MessageKind.ACK,
  [MessageKind.FETCH]: MessageKind.SOCKETS,
  [MessageKind.EMIT]: MessageKind.EMITTED,
};

export class Outward {
  readonly #options: OutwardOptions;
  readonly #requests: Requests;
  /** The first number of this life. */
  readonly #first: number;
  readonly #settlements: Settlements;

  constructor(options: OutwardOptions) {
    this.#options = options;
    // What another life of this bridge asked may still be answered: to that no question of this one listens.
    this.#first = randomInt(1, 2 ** 32);
    this.#requests = new Requests(options.onMalformed, this.#first);
    this.#settlements = new Settlements((asker, request) => this.#tellSettled(asker, request));
  }

  /** Questions that wait, and joins that are not confirmed. */
  get size(): number {
    return this.#requests.size + this.#settlements.size;
  }

  /** A number for a question to a host. */
  next(): number {
    return this.#requests.next();
  }

  /** @throws {WireError} for a message that makes no sense */
  serve(from: Peer, message: Message, payload: Buffer): void {
    const { kind, request } = message;
    if (this.#options.hosts.all().length === 0 && request === 0) return;
    if (kind === MessageKind.EMIT) this.#emit(from, message, payload);
    else if (kind === MessageKind.JOIN) this.#join(from, message, payload);
    else if (kind === MessageKind.FETCH || (kind === MessageKind.BROADCAST && request > 0)) {
      this.#ask(from, message, payload, this.#hostsFor(message));
    } else if (kind >= MessageKind.BROADCAST && kind <= MessageKind.DISCONNECT) {
      this.#options.site.send(this.#hostsFor(message), bytesFor(message, payload, 0), isVolatile(message));
    } else throw new WireError(`a message of the unknown kind ${kind}`);
  }

  /** An answer of another host. */
  receive({ peer }: Host, message: Message): void {
    const count = this.#requests.receive(peer, message);
    this.#options.local().counters.partial += count;
  }

  /** This host has carried out what it was asked with this number, and all before it. */
  settled(host: Host, number: number): void {
    if (!isNotAfter(this.#first, number) || !isNotAfter(number, this.#requests.last)) return;
    this.#options.rooms.settled(host, number);
    this.#settlements.settled(host.peer.key, number);
  }

  /** This worker wants to be told, after all that it asked before. */
  settle(asker: Peer, request: number): void {
    this.#settlements.add(asker.key, { request, number: 0, waiting: [] });
  }

  /** This worker wants to be told once all hosts know of its rooms. Nobody is waited for while Redis is away, as in questions. */
  notice({ key }: Peer, request: number): void {
    const hosts = this.#options.site.isUp ? this.#options.hosts.all() : [];
    const number = this.next();
    this.#settlements.add(key, { request, number, waiting: hosts.map(({ peer }) => peer.key) });
    this.#options.site.tell(hosts, { kind: MessageKind.ROOMS, request: number, options: { c: [] } });
  }

  /** Whether this host has been asked for what it has not confirmed. */
  waitsFor({ peer }: Host): boolean {
    return this.#settlements.waitsFor(peer.key);
  }

  hostDown({ peer, site }: Host): void {
    this.#options.local().counters.partial += this.#requests.giveUp(peer, [missingHost(site.host)]);
    this.#settlements.gone(peer.key);
  }

  /** Nobody at this worker waits for anything. */
  forget({ key }: Peer): void {
    this.#settlements.forget(key);
  }

  #hostsFor({ address, options }: Message): readonly Host[] {
    return this.#options.rooms.hostsFor(address, targetsFromWire(options).rooms);
  }

  /** To all, also to those that have no server by now. */
  #emit(from: Peer, message: Message, payload: Buffer): void {
    const all = this.#options.hosts.all();
    if (message.request > 0) this.#ask(from, message, payload, all);
    else this.#options.site.send(all, bytesFor(message, payload, 0));
  }

  #join(from: Peer, message: Message, payload: Buffer): void {
    const { address, options, request } = message;
    const hosts = this.#hostsFor(message);
    const rooms = roomsFromWire(options, "j");
    const number = this.next();
    // Before they say so themselves, what is emitted next must find them.
    this.#options.rooms.asked(hosts, number, address, rooms);
    this.#settlements.add(from.key, { request, number, waiting: hosts.map(({ peer }) => peer.key) });
    this.#options.site.send(hosts, bytesFor(message, payload, number));
  }

  /** Only those that have servers are waited for, and nobody while Redis is away: what must be done is done later. */
  #ask(from: Peer, message: Message, payload: Buffer, hosts: readonly Host[]): void {
    const serving = hosts.filter(({ servers }) => servers > 0);
    const asks = serving.length > 0 && this.#options.site.isUp;
    const number = asks ? this.#open(from, message, serving) : this.next();
    this.#options.site.send(hosts, bytesFor(message, payload, number));
    if (asks) return;
    const missing = serving.map(({ site }) => missingHost(site.host));
    this.#end(from, message, 0, { silent: 0, missing });
  }

  #open(from: Peer, message: Message, hosts: readonly Host[]): number {
    const wanted = ANSWERS[message.kind];
    let count = 0;
    const asked = { peers: hosts.map(({ peer }) => peer), missing: [], timeout: limitOf(message) };
    return this.#requests.open(asked, {
      answer: (_, { kind, body }) => {
        if (wanted === undefined || kind !== wanted) {
          throw new WireError(`an answer of kind ${kind} where ${wanted} is right`);
        }
        count += 1;
        // Several hosts answer, and each says when it is done.
        this.#answer(from, { kind: wanted, request: message.request, options: { more: true }, body: [body] });
        return false;
      },
      end: (outcome) => this.#end(from, message, count, outcome),
    });
  }

  /** The last word. Where the time limit has come, it has for the asker. */
  #end(from: Peer, { kind, request }: Message, count: number, { silent, missing }: Outcome): void {
    if (silent > 0) return;
    if (kind === MessageKind.BROADCAST) {
      const counted = Buffer.alloc(4);
      counted.writeUInt32BE(count);
      this.#answer(from, { kind: MessageKind.COUNT, request, body: [counted] });
      return;
    }
    this.#answer(from, lastWord(request, missing));
  }

  #answer(to: Peer, draft: MessageDraft): void {
    this.#options.local().send([to], draft);
  }

  #tellSettled(asker: string, request: number): void {
    const local = this.#options.local();
    const peer = local.peerOf(asker);
    if (peer !== undefined) local.send([peer], { kind: MessageKind.SETTLED, request });
  }
}
