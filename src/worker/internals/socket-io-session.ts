/**
 * Worker: the private parts of a client of socket.io and of its sockets, by which they are taken apart and put together. Proven on socket.io
 * 4.6.0, 4.7.5 and 4.8; what differs is named.
 * - `Client`: `sockets`, `nsps`, `connectTimeout`, `decoder`, `onclose(reason)`; `setup()` is called once by its constructor; `connect(name)`
 *   begins what ends with a packet CONNECT or CONNECT_ERROR through `_packet()`.
 * - `Socket`: the constructor's `previousSession` gives it its id, `pid` and data, and makes it `recovered`; `acks`, `connected`, `onack()`;
 *   `run(event, done)` asks the middlewares of `socket.use`.
 * - `Namespace`: `_ids`, the next number of an event that is answered; `emitReserved()`. `Server`: `_nsps`, `_checkNamespace()`.
 * - `server._parser`: the app's, or socket.io-parser.
 * - `decoder.reconstructor` (socket.io-parser 4): a binary packet whose attachments did not all come; its `reconPack`, `buffers`.
 */

import type { EventEmitter } from "node:events";
import type { EngineConnection } from "./engine-session.js";
import { siblingClass } from "./loaded-classes.js";
import type { SocketIoServer } from "./socket-io.js";

export type Room = unknown;

type Adapter = {
  addAll(id: string, rooms: Set<Room>): unknown;
  del(id: string, room: Room): unknown;
  delAll(id: string): unknown;
  socketRooms(id: string): Set<Room> | undefined;
};

export type Namespace = {
  readonly name: string;
  readonly adapter: Adapter;
  readonly sockets: Map<string, ClientSocket>;
  _ids: number;
  emitReserved(event: string, socket: ClientSocket): void;
};

export type Handshake = {
  readonly headers: Record<string, unknown>;
  readonly time: string;
  readonly issued: number;
  readonly address: string | undefined;
  readonly secure: boolean;
  readonly xdomain: boolean;
  readonly url: string;
  readonly query: unknown;
  readonly auth: unknown;
};

export type Ack = (...args: unknown[]) => void;

export type ClientSocket = EventEmitter & {
  readonly id: string;
  readonly pid: string | undefined;
  readonly nsp: Namespace;
  readonly acks: Map<number, Ack>;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  data: unknown;
  connected: boolean;
  join(rooms: Room): unknown;
  leave(room: Room): unknown;
  disconnect(close?: boolean): unknown;
  onack(packet: { id: number; data?: unknown[] }): void;
};

type Reconstructor = { reconPack: unknown; packet?: unknown; buffers: Uint8Array[] };

export type Client = {
  readonly server: SocketIoInside;
  readonly conn: EngineConnection;
  readonly sockets: Map<string, ClientSocket>;
  readonly nsps: Map<string, ClientSocket>;
  readonly decoder: { readonly reconstructor?: Reconstructor | null; add(part: unknown): void };
  connectTimeout: NodeJS.Timeout | undefined;
};

export type SocketIoInside = SocketIoServer & {
  readonly _nsps: Map<string, Namespace>;
  readonly _parser: { readonly Decoder: { readonly prototype: object } };
  _checkNamespace(name: string, auth: unknown, done: (found: Namespace | false) => void): void;
};

type ClientClass = new (server: SocketIoInside, conn: EngineConnection) => Client;
type SocketClass = new (
  namespace: Namespace,
  client: Client,
  auth: unknown,
  previous: { sid: string; pid: string | undefined; rooms: Room[]; data: unknown; missedPackets: unknown[] },
) => ClientSocket;

/** Half of a binary packet. Structured-cloneable. */
export type HalfPacket = { readonly packet: unknown; readonly buffers: readonly Uint8Array[] };

export const insideOf = (io: SocketIoServer): SocketIoInside => io as unknown as SocketIoInside;

/** What its class says: the prototype of its decoder. */
export const parserOf = (io: SocketIoServer): object => insideOf(io)._parser.Decoder.prototype;

export function halfPacketOf({ decoder }: Client): HalfPacket | undefined {
  const { reconstructor } = decoder;
  return reconstructor ? { packet: reconstructor.reconPack, buffers: reconstructor.buffers } : undefined;
}

/** The decoder waits for the rest of that packet. */
export function restoreHalfPacket({ decoder }: Client, { packet, buffers }: HalfPacket): void {
  // A packet with one attachment makes the decoder begin; what it began is then exchanged.
  decoder.add('51-["",{"_placeholder":true,"num":0}]');
  const { reconstructor } = decoder;
  if (!reconstructor) throw new Error("the parser does not put binary packets together as expected");
  reconstructor.reconPack = packet;
  reconstructor.packet = packet;
  reconstructor.buffers = buffers.map((buffer) => Buffer.from(buffer));
}

/** @returns a client that has no socket yet @throws when this copy of socket.io was not seen to be loaded */
export function createClient(io: SocketIoInside, conn: EngineConnection): Client {
  const Class = siblingClass(io, "Client") as unknown as ClientClass | undefined;
  if (Class === undefined) throw new Error("the class of socket.io's clients is not known");
  return new Class(io, conn);
}

export function stopConnectTimeout(client: Client): void {
  clearTimeout(client.connectTimeout);
  client.connectTimeout = undefined;
}

/** @throws where the app has no such namespace, or does not say at once whether it has */
export function namespaceOf(io: SocketIoInside, name: string, auth: unknown): Namespace {
  let found = io._nsps.get(name);
  if (found === undefined)
    io._checkNamespace(name, auth, (namespace) => {
      found = namespace || undefined;
    });
  if (found === undefined) throw new Error(`the app has no namespace ${name}`);
  return found;
}

export type SocketIdentity = {
  readonly id: string;
  readonly pid: string | undefined;
  readonly data: unknown;
  readonly auth: unknown;
};

/** @returns a socket of this client that has connected before, and is in no room yet */
export function createSocket(
  client: Client,
  namespace: Namespace,
  { id, pid, data, auth }: SocketIdentity,
): ClientSocket {
  const Class = siblingClass(client.server, "Socket") as unknown as SocketClass | undefined;
  if (Class === undefined) throw new Error("the class of socket.io's sockets is not known");
  return new Class(namespace, client, auth, { sid: id, pid, rooms: [], data, missedPackets: [] });
}

/** The socket is one of its client and of its namespace, as after a handshake. */
export function admit(client: Client, socket: ClientSocket): void {
  socket.connected = true;
  socket.nsp.sockets.set(socket.id, socket);
  client.sockets.set(socket.id, socket);
  client.nsps.set(socket.nsp.name, socket);
}

/** Tells the app of a socket. Whatever its listeners throw is thrown. */
export function announce(socket: ClientSocket): void {
  socket.nsp.emitReserved("connect", socket);
  socket.nsp.emitReserved("connection", socket);
}

/** Answers that no callback here waits for go to `elsewhere`. */
export function catchStrayAcks(socket: ClientSocket, elsewhere: (id: number, args: unknown[]) => void): void {
  const { onack } = socket;
  socket.onack = (packet) => {
    if (socket.acks.has(packet.id)) onack.call(socket, packet);
    else elsewhere(packet.id, packet.data ?? []);
  };
}
