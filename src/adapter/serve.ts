/** Adapter, in a worker: carries out on this worker's own sockets what another worker asks for. */

import type { Adapter } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { expectAcks, forgetAcks, freeAckId, isAckIdTaken } from "./ack-ids.js";
import { deliver, type Parcel, parcelFrom, parcelOf } from "./delivery.js";
import type { Hub } from "./hub.js";
import {
  decodePackets,
  eachMatch,
  emitServerSide,
  isMatch,
  type LocalSocket,
  matchingSockets,
  type Packet,
} from "./internals.js";
import type { Scope } from "./moves/moves.js";
import { packetsFromBody } from "./packets.js";
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
  const { adapter, hub, from, message } = service;
  const sockets: LocalSocket[] = [];
  eachMeant(service, targets, (socket) => sockets.push(socket));
  const { id, parcel } = withFreeId(service, sockets, receivedParcel(service, targets), targets);
  const { request } = message;
  const count = Buffer.alloc(4);
  count.writeUInt32BE(sockets.length);
  hub.send([from], { kind: MessageKind.COUNT, request, body: [count] });
  if (sockets.length === 0) return;
  const timer = setTimeout(() => forgetAcks(adapter, id), targets.flags.timeout ?? DEFAULT_TIMEOUT);
  timer.unref();
  let missing = sockets.length;
  expectAcks(sockets, id, (value) => {
    missing -= 1;
    if (missing === 0) clearTimeout(timer);
    hub.send([from], { kind: MessageKind.ACK, request, body: [hub.encode(value)] });
  });
  for (const socket of sockets) deliver(socket, parcel);
}

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
  const sockets = matchingSockets(adapter, targetsFromWire(message.options));
  const details = sockets.map((socket) => describe(socket));
  hub.send([from], { kind: MessageKind.SOCKETS, request: message.request, body: [hub.encode(details)] });
}

/** What Socket.IO's RemoteSocket is made of. */
function describe({ id, handshake, rooms, data }: LocalSocket): object {
  // express-session puts its store here: the whole server hangs on it.
  const { sessionStore: _, ...plain } = handshake as { sessionStore?: unknown };
  return { id, handshake: plain, rooms: [...rooms], data };
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
