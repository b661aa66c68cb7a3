/** Adapter, in a worker: carries out on this worker's own sockets what another worker asks for. */

import { Adapter } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { expectAcks, forgetAcks, freeAckId, isAckIdTaken } from "./ack-ids.js";
import { deliver, type Parcel, parcelFrom, parcelOf } from "./delivery.js";
import type { Hub } from "./hub.js";
import {
  decodePackets,
  eachMatch,
  emitServerSide,
  type LocalSocket,
  matchingSockets,
  type Packet,
} from "./internals.js";
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
};

// The base class works on local sockets only.
const local = Adapter.prototype;

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
    case MessageKind.DISCONNECT:
      serveChange(service);
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
function serveJoin({ adapter, hub, from, message: { options, request } }: Service): void {
  try {
    local.addSockets.call(adapter, targetsFromWire(options), roomsFromWire(options, "j"));
  } finally {
    hub.send([from], { kind: MessageKind.SETTLED, request });
  }
}

function serveChange({ adapter, message: { kind, options } }: Service): void {
  const targets = targetsFromWire(options);
  if (kind === MessageKind.LEAVE) local.delSockets.call(adapter, targets, roomsFromWire(options, "j"));
  else local.disconnectSockets.call(adapter, targets, objectOf(options).c === true);
}

function serveBroadcast(service: Service): void {
  const { adapter, message } = service;
  const targets = targetsFromWire(message.options);
  if (message.request > 0) {
    serveBroadcastWithAck(service, targets);
    return;
  }
  // Most rooms have no member here: then nothing is unpacked.
  let parcel: Parcel | undefined;
  eachMatch(adapter, targets, (socket) => {
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
  const sockets = matchingSockets(adapter, targets);
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
