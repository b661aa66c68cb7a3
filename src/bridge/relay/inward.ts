/** Bridge: what other hosts have for the sockets of this one: it goes to the workers that may have some, and their answers go back. */

import { type AckSink, collectAcks, collectSockets, questionTo } from "../../adapter/ask.js";
import { collectMovingAcks } from "../../adapter/moves/moving-acks.js";
import { fetchMoving } from "../../adapter/moves/moving-fetch.js";
import type { Outcome } from "../../adapter/requests.js";
import { roomsFromWire, targetsFromWire, targetsToWire } from "../../adapter/targets.js";
import { type Message, MessageKind, WireError } from "../../adapter/wire.js";
import type { Peer } from "../../bus/bus.js";
import type { Host, Hosts } from "./hosts.js";
import type { LocalSide } from "./local-side.js";
import { bytesFor, isVolatile, lastWord, limitOf } from "./pass-on.js";
import { Settlements } from "./settlements.js";
import type { SiteSide } from "./site-side.js";

export type InwardOptions = {
  readonly local: () => LocalSide;
  readonly site: SiteSide;
  readonly hosts: Hosts;
};

/** Of one host. */
type Asked = { readonly host: Host; readonly message: Message; readonly payload: Buffer };

export class Inward {
  readonly #options: InwardOptions;
  readonly #settlements: Settlements;

  constructor(options: InwardOptions) {
    this.#options = options;
    this.#settlements = new Settlements((token, request) => {
      const host = options.hosts.get(token);
      if (host !== undefined) options.site.tell([host], { kind: MessageKind.SETTLED, request });
    });
  }

  /** Joins that are not confirmed. */
  get size(): number {
    return this.#settlements.size;
  }

  /** @throws {WireError} for a message that makes no sense */
  serve(host: Host, message: Message, payload: Buffer): void {
    const asked = { host, message, payload };
    switch (message.kind) {
      case MessageKind.BROADCAST:
        if (message.request > 0) this.#askClients(asked);
        else this.#pass(asked, 0);
        break;
      case MessageKind.LEAVE:
      case MessageKind.DISCONNECT:
        this.#pass(asked, 0);
        break;
      case MessageKind.JOIN:
        this.#join(asked);
        break;
      case MessageKind.FETCH:
        if (this.#local.moves.on) void this.#fetchMoving(asked);
        else this.#ask(asked, this.#workersFor(message), MessageKind.SOCKETS);
        break;
      case MessageKind.EMIT:
        this.#emit(asked);
        break;
      default:
        throw new WireError(`a message of the unknown kind ${message.kind}`);
    }
  }

  /** This worker has carried out what it was asked with this number, and all before it. */
  settled({ key }: Peer, number: number): void {
    this.#settlements.settled(key, number);
  }

  /** This host wants to be told, after all that it asked before. */
  settle({ peer }: Host, request: number): void {
    this.#settlements.add(peer.key, { request, number: 0, waiting: [] });
  }

  /** This worker is gone, and its sockets with it. */
  gone({ key }: Peer): void {
    this.#settlements.gone(key);
  }

  hostDown({ peer }: Host): void {
    this.#settlements.forget(peer.key);
  }

  get #local(): LocalSide {
    return this.#options.local();
  }

  #workersFor({ address, options }: Message): readonly Peer[] {
    const { rooms, moves } = this.#local;
    const workers = rooms.peersFor(address, targetsFromWire(options).rooms);
    return moves.on ? moves.widen(workers) : workers;
  }

  #pass({ message, payload }: Asked, number: number, to = this.#workersFor(message)): void {
    const isQuestion = message.request > 0;
    const bytes = bytesFor(message, payload, number);
    this.#local.pass(to, message, bytes, !isQuestion && isVolatile(message));
  }

  #join(asked: Asked): void {
    const { host, message } = asked;
    const { address, options, request } = message;
    const to = this.#workersFor(message);
    const rooms = roomsFromWire(options, "j");
    const number = this.#local.requests.next();
    this.#pass(asked, number, to);
    this.#local.rooms.asked(to, number, address, rooms);
    this.#settlements.add(host.peer.key, { request, number, waiting: to.map(({ key }) => key) });
  }

  /** A broadcast that clients answer. */
  #askClients(asked: Asked): void {
    const { host, message } = asked;
    const to = this.#workersFor(message);
    const question = questionTo(to, this.#local, limitOf(message));
    const sink: AckSink = {
      onCount: () => {},
      ack: (body) => this.#answer(asked, MessageKind.ACK, body as Buffer),
      read: (answer) => bodyOf(answer, MessageKind.ACK),
      end: (outcome) => this.#end(asked, outcome),
    };
    if (this.#local.moves.on) {
      const { request, local } = collectMovingAcks(question, this.#local.peer, sink);
      this.#pass(asked, request, to);
      local.counted(0, []);
    } else if (question.peers.length > 0) {
      this.#pass(asked, collectAcks(question, sink), to);
    } else {
      this.#pass(asked, this.#local.requests.next(), to);
      this.#options.site.tell([host], lastWord(message.request, question.missing));
    }
  }

  #emit(asked: Asked): void {
    const { message, payload } = asked;
    const { answering, silent } = { answering: this.#local.answering(), silent: this.#local.silent() };
    if (message.request > 0) this.#ask(asked, [...answering, ...silent], MessageKind.EMITTED);
    else this.#local.post("all", bytesFor(message, payload, 0));
  }

  /** Passes on each worker's answer as it comes. */
  #ask(asked: Asked, to: readonly Peer[], wanted: MessageKind): void {
    const { host, message, payload } = asked;
    const question = questionTo(to, this.#local, limitOf(message));
    if (question.peers.length === 0) {
      this.#options.site.tell([host], lastWord(message.request, question.missing));
      return;
    }
    const number = this.#local.requests.open(question, {
      answer: (_, answer) => {
        this.#answer(asked, wanted, bodyOf(answer, wanted));
        return true;
      },
      end: (outcome) => this.#end(asked, outcome),
    });
    const all = wanted === MessageKind.EMITTED ? "all" : question.peers;
    this.#local.post(all, bytesFor(message, payload, number));
  }

  /** A socket that is on its way may be found twice: what leaves this host is one list. */
  async #fetchMoving(asked: Asked): Promise<void> {
    const { host, message } = asked;
    const { address, request } = message;
    const local = this.#local;
    const opts = targetsFromWire(message.options);
    const ask = (peers: readonly Peer[]) => {
      const question = questionTo(peers, local, limitOf(message));
      if (question.peers.length === 0) return Promise.resolve({ answers: [], missing: question.missing });
      const { request: number, sockets } = collectSockets(question);
      const draft = { kind: MessageKind.FETCH, request: number, address, options: targetsToWire(opts) };
      local.send(question.peers, draft);
      return sockets;
    };
    const place = { hub: local, adapter: undefined };
    try {
      const { answers, missing } = await fetchMoving(place, opts, { asked: this.#workersFor(message), ask });
      this.#answer(asked, MessageKind.SOCKETS, local.encode(answers));
      this.#options.site.tell([host], lastWord(request, missing));
    } catch {
      // The time limit: whoever asked has it, too.
    }
  }

  #answer({ host, message: { request } }: Asked, kind: MessageKind, body: Buffer): void {
    this.#options.site.tell([host], { kind, request, body: [body] });
  }

  /** Where the time limit has come, it has for whoever asked. */
  #end({ host, message: { request } }: Asked, { silent, missing }: Outcome): void {
    if (silent === 0) this.#options.site.tell([host], lastWord(request, missing));
  }
}

/** @throws {WireError} for another kind of answer */
function bodyOf({ kind, body }: Message, wanted: MessageKind): Buffer {
  if (kind !== wanted) throw new WireError(`an answer of kind ${kind} where ${wanted} is right`);
  return body;
}
