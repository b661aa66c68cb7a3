/** Adapter, in a worker: carries out on this worker's own sockets what another worker asks for. */

import type { Adapter } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { expectNamedAcks, forgetAcks, freeAckId, isAckIdTaken } from "./ack-ids.js";
import { deliver, type Parcel, parcelFrom, parcelOf } from "./delivery.js";
import type { Hub } from "./hub.js";
import {
  decodePackets,
  describe,
  eachMatch,
  emitServerSide,
  isMatch,
  type LocalSocket,
  matchingSockets,
  type Packet,
} from "./internals.js";
import { describeDeparted } from "./moves/departed.js";
import type { Scope } from "./moves/host.js";
import { packetsFromBody } from "./packets.js";
import type { LocalAnswers } from "./requests.js";
import { objectOf, roomsFromWire, type Targets, targetsFromWire } from "./targets.js";
import { decodeValue } from "./values.js";
import { DEFAULT_TIMEOUT, type Message, MessageKind, WireError } from "./wire.js";

/** The adapter of the namespace that a message is for, and the message. */
export type Service = {
  readonly adapter: Adapter;
  readonly hub: Hub;
  readonly from: Peer;
  readonly message: Message;
  /** While sessions move: for which sockets, if not for all that the targets choose. */
  readonly scope: Scope | undefined;
};

/** @throws {WireError} for a message that makes no sense */
export function serve(service: Service): void {
  switch (service.message.kind) {
    case MessageKind.BROADCAST:
      serveBroadcast(service);
      break;
    case MessageKind.JOIN:
      serveJoin(service);
      break;
    case MessageKind.LEAVE:
      serveLeave(service);
      break;
    case MessageKind.DISCONNECT:
      serveDisconnect(service);
      break;
    case MessageKind.FETCH:
      serveFetch(service);
      break;
    case MessageKind.EMIT:
      serveEmit(service);
      break;
    default:
      throw new WireError(`a message of the unknown kind ${service.message.kind}`);
  }
}

/** Answers even where it makes no sense: the asker counts on this worker's being in those rooms until then. */
function serveJoin(service: Service): void {
  const { hub, from, message, scope } = service;
  const { options, request } = message;
  try {
    const rooms = roomsFromWire(options, "j");
    eachMeant(service, targetsFromWire(options), (socket) => socket.join(rooms));
  } finally {
    if (scope?.again !== true) hub.send([from], { kind: MessageKind.SETTLED, request });
  }
}

function serveLeave(service: Service): void {
  const { options } = service.message;
  const rooms = roomsFromWire(options, "j");
  eachMeant(service, targetsFromWire(options), (socket) => {
    for (const room of rooms) socket.leave(room);
  });
}

function serveDisconnect(service: Service): void {
  const { options } = service.message;
  const close = objectOf(options).c === true;
  const only = service.scope?.only as Set<LocalSocket> | undefined;
  eachMeant(service, targetsFromWire(options), (socket) => {
    if (only === undefined) socket.disconnect(close);
    // It has just arrived, and the app will hear of that first.
    else if (only.delete(socket)) process.nextTick(() => socket.disconnect(close));
  });
}

/** Calls back for the sockets of this worker that a message is for. */
function eachMeant(
  { adapter, scope }: Service,
  targets: Targets,
  callback: (socket: LocalSocket) => void,
): void {
  if (scope?.only !== undefined) {
    for (const socket of scope.only as Set<LocalSocket>) {
      if (isMatch(adapter, socket, targets)) callback(socket);
    }
    return;
  }
  const spares = scope?.spares;
  if (spares === undefined) eachMatch(adapter, targets, callback);
  else
    eachMatch(adapter, targets, (socket) => {
      if (!spares(socket)) callback(socket);
    });
}

function serveBroadcast(service: Service): void {
  const { message } = service;
  const targets = targetsFromWire(message.options);
  if (message.request > 0) {
    serveBroadcastWithAck(service, targets);
    return;
  }
  // Most rooms have no member here: then nothing is unpacked.
  let parcel: Parcel | undefined;
  eachMeant(service, targets, (socket) => {
    parcel ??= receivedParcel(service, targets);
    deliver(socket, parcel);
  });
}

function receivedParcel({ adapter, hub, message }: Service, { flags }: Targets): Parcel {
  return parcelFrom(adapter, packetsFromBody(message.body), flags, () => {
    hub.counters.malformed += 1;
  });
}

/** Answers first how many clients got it, then each of their answers. */
function serveBroadcastWithAck(service: Service, targets: Targets): void {
  const { adapter, scope } = service;
  const sockets: LocalSocket[] = [];
  eachMeant(service, targets, (socket) => sockets.push(socket));
  if (scope?.again === true && sockets.length === 0) return;
  const { id, parcel } = withFreeId(service, sockets, receivedParcel(service, targets), targets);
  const answers = answersTo(service);
  const named = namedOf(service, sockets);
  answers.counted(sockets.length - named.size, [...named, ...underWay(service, targets)]);
  if (sockets.length === 0) return;
  const timer = setTimeout(() => forgetAcks(adapter, id), targets.flags.timeout ?? DEFAULT_TIMEOUT);
  timer.unref();
  let missing = sockets.length;
  const acked = (socketId: string | undefined, value: unknown): void => {
    missing -= 1;
    if (missing === 0) clearTimeout(timer);
    answers.acked(socketId, value);
  };
  expectNamedAcks(sockets, { id, named, acked });
  for (const socket of sockets) deliver(socket, parcel);
}

function answersTo({ hub, from, message: { request } }: Service): LocalAnswers {
  const own = from.key === hub.peer.key ? hub.requests.localOf(request) : undefined;
  if (own !== undefined) return own;
  return {
    counted: (number, i) => {
      const count = Buffer.alloc(4);
      count.writeUInt32BE(number);
      const options = i.length === 0 ? undefined : { i };
      hub.send([from], { kind: MessageKind.COUNT, request, options, body: [count] });
    },
    acked: (i, value) => {
      const options = i === undefined ? undefined : { i };
      hub.send([from], { kind: MessageKind.ACK, request, options, body: [hub.encode(value)] });
    },
  };
}

/** Those that another worker may name, too. An asker that gives no numbers does not ask for names. */
function namedOf({ hub, message, scope }: Service, sockets: readonly LocalSocket[]): ReadonlySet<string> {
  if (!hub.moves.on || objectOf(message.options).n === undefined) return NOBODY;
  return scope?.again === true ? new Set(sockets.map(({ id }) => id)) : hub.moves.named(sockets);
}

/** Those that have left this worker and have not arrived. */
function underWay({ adapter, hub, message, scope }: Service, targets: Targets): readonly string[] {
  if (!hub.moves.on || scope?.again === true || objectOf(message.options).n === undefined) return [];
  return hub.moves.underWay(adapter, targets).map(({ id }) => id);
}

const NOBODY: ReadonlySet<string> = new Set();

/** The number that the sender chose, unless one of our sockets waits for it: then one of ours, at the price of encoding again. */
function withFreeId(
  { adapter, message }: Service,
  sockets: readonly LocalSocket[],
  parcel: Parcel,
  { flags }: Targets,
): { id: number; parcel: Parcel } {
  const id = objectOf(message.options).a;
  if (!Number.isSafeInteger(id)) throw new WireError("a broadcast that wants answers, without a number");
  if (!isAckIdTaken(sockets, id as number)) return { id: id as number, parcel };
  const packet = readAgain(adapter, parcel);
  packet.id = freeAckId(sockets);
  return { id: packet.id, parcel: parcelOf(adapter, packet, flags) };
}

function readAgain(adapter: Adapter, { packets }: Parcel): Packet {
  try {
    return decodePackets(adapter, packets);
  } catch (cause) {
    throw new WireError("a broadcast that this worker's parser cannot read", { cause });
  }
}

function serveFetch({ adapter, hub, from, message }: Service): void {
  const targets = targetsFromWire(message.options);
  const details = matchingSockets(adapter, targets).map((socket) => describe(socket));
  if (hub.moves.on) details.push(...describeDeparted(hub.moves.underWay(adapter, targets)));
  hub.send([from], { kind: MessageKind.SOCKETS, request: message.request, body: [hub.encode(details)] });
}

function serveEmit({ adapter, hub, from, message: { request, body } }: Service): void {
  const args = decodeValue(body);
  if (!Array.isArray(args)) throw new WireError("an event without arguments");
  if (request === 0) {
    emitServerSide(adapter, args);
    return;
  }
  let called = false;
  const answer = (value: unknown): void => {
    if (called) return;
    called = true;
    hub.send([from], { kind: MessageKind.EMITTED, request, body: [hub.encode(value)] });
  };
  emitServerSide(adapter, [...args, answer]);
}
