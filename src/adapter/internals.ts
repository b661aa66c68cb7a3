/**
 * Adapter: every private field of socket.io and socket.io-adapter that we touch; nothing else in src/adapter reaches in.
 * Each is named with the versions that it was proven on.
 */

import type { Adapter, BroadcastOptions, Room } from "socket.io-adapter";
import { textFrame } from "./text-frame.js";

/** A packet of socket.io-parser before it is encoded. */
export type Packet = { type: number; nsp?: string; data?: unknown; id?: number };

/** What the namespace's encoder makes of one packet: strings and buffers, to be written one after the other. */
export type EncodedPackets = readonly unknown[];

/** Options of `client.writeToEngine`. */
export type WriteOptions = {
  preEncoded: true;
  volatile?: boolean | undefined;
  compress?: boolean | undefined;
  wsPreEncodedFrame?: unknown;
};

export type Ack = (...args: unknown[]) => void;

/** The parts of a socket.io Socket that an adapter works with. */
export type LocalSocket = {
  readonly id: string;
  readonly rooms: ReadonlySet<Room>;
  readonly handshake: object;
  readonly data: unknown;
  join(rooms: readonly Room[]): unknown;
  leave(room: Room): unknown;
  disconnect(close: boolean): unknown;
};

/** The parts of a Namespace that an adapter works with; all of them public. */
export type LocalNamespace = {
  readonly name: string;
  readonly sockets: ReadonlyMap<Room, LocalSocket>;
  readonly server: { path(): string };
};

type Decoder = {
  on(event: "decoded", listener: (packet: Packet) => void): void;
  add(part: unknown): void;
  destroy?(): void;
};

type SocketInside = {
  /** 4.6.0 to 4.8.4 */
  readonly acks: Map<number, Ack>;
  /** 4.6.0 to 4.8.4 */
  readonly client: { writeToEngine(packets: EncodedPackets, options: WriteOptions): void };
  /** 4.6.0 to 4.8.4 */
  notifyOutgoingListeners(packet: Packet): void;
  /** 4.6.0 to 4.8.4; the public `listenersAnyOutgoing()` makes a new list for each socket that has none. */
  readonly _anyOutgoingListeners?: readonly unknown[];
};

type NamespaceInside = {
  /** 4.6.0 to 4.8.4 */
  _onServerSideEmit(args: unknown[]): void;
  /** 4.6.0 to 4.8.4 */
  readonly server: { readonly _parser: { Decoder: new (options?: object) => Decoder } };
};

type SocketFactory = {
  /** 4.6.0 to 4.8.4 */
  _createSocket?: (client: ClientInside, ...rest: unknown[]) => Promise<{ id: string; recovered?: boolean }>;
};

type ClientInside = {
  /** 4.6.0 to 4.8.4; the version of the Engine.IO protocol. */
  readonly conn: { readonly protocol: number };
};

type AdapterInside = {
  /** socket.io-adapter 2.5.8; ours, so its version is the one in our dependencies. */
  readonly encoder: { encode(packet: Packet): unknown[] };
  /** socket.io-adapter 2.5.8 */
  apply(options: BroadcastOptions, callback: (socket: LocalSocket) => void): void;
};

const socketInside = (socket: LocalSocket): SocketInside => socket as unknown as SocketInside;
const adapterInside = (adapter: Adapter): AdapterInside => adapter as unknown as AdapterInside;
const namespaceInside = (adapter: Adapter): NamespaceInside => adapter.nsp as NamespaceInside;

export function namespaceOf(adapter: Adapter): LocalNamespace {
  return adapter.nsp as LocalNamespace;
}

/** Calls back for each socket of this worker that `options` choose. */
export function eachMatch(
  adapter: Adapter,
  options: BroadcastOptions,
  callback: (socket: LocalSocket) => void,
): void {
  adapterInside(adapter).apply(options, callback);
}

/** What Socket.IO's RemoteSocket is made of. */
export function describe({ id, handshake, rooms, data }: LocalSocket): object {
  // express-session puts its store here: the whole server hangs on it.
  const { sessionStore: _, ...plain } = handshake as { sessionStore?: unknown };
  return { id, handshake: plain, rooms: [...rooms], data };
}

/** Whether `options` choose this socket of this worker. */
export function isMatch(
  { rooms: members }: Adapter,
  { id }: LocalSocket,
  { rooms, except = new Set() }: BroadcastOptions,
): boolean {
  const isIn = (room: Room): boolean => members.get(room)?.has(id) === true;
  return (rooms.size === 0 || [...rooms].some(isIn)) && ![...except].some(isIn);
}

export function matchingSockets(adapter: Adapter, options: BroadcastOptions): LocalSocket[] {
  const sockets: LocalSocket[] = [];
  eachMatch(adapter, options, (socket) => sockets.push(socket));
  return sockets;
}

/** Encodes with the namespace's own encoder; adds a ready WebSocket frame to the options where that is possible. */
export function encodePacket(adapter: Adapter, packet: Packet, options: WriteOptions): EncodedPackets {
  const packets = adapterInside(adapter).encoder.encode(packet);
  addFrame(packets, options);
  return packets;
}

/** Adds the ready WebSocket frame of a text, which each client that does not compress gets as it is. engine.io 6.4 to 6.6 hand it to ws. */
export function addFrame(packets: EncodedPackets, options: WriteOptions): void {
  const [packet] = packets;
  if (packets.length === 1 && typeof packet === "string") options.wsPreEncodedFrame = [textFrame(packet)];
}

export function writePackets(socket: LocalSocket, packets: EncodedPackets, options: WriteOptions): void {
  socketInside(socket).client.writeToEngine(packets, options);
}

export function hasOutgoingListeners(socket: LocalSocket): boolean {
  const listeners = socketInside(socket)._anyOutgoingListeners;
  return listeners !== undefined && listeners.length > 0;
}

export function notifyOutgoing(socket: LocalSocket, packet: Packet): void {
  socketInside(socket).notifyOutgoingListeners(packet);
}

export function ackTable(socket: LocalSocket): Map<number, Ack> {
  return socketInside(socket).acks;
}

/** Calls the namespace's listeners as `serverSideEmit` does. */
export function emitServerSide(adapter: Adapter, args: unknown[]): void {
  namespaceInside(adapter)._onServerSideEmit(args);
}

/** Decodes with the server's own parser. @throws whatever the parser throws; an Error when the packets are not one packet */
export function decodePackets(adapter: Adapter, packets: EncodedPackets): Packet {
  // Clients may send few attachments for safety's sake; an app may send as many as it likes.
  const decoder = new (namespaceInside(adapter).server._parser.Decoder)({ maxAttachments: Infinity });
  let decoded: Packet | undefined;
  decoder.on("decoded", (packet) => {
    decoded = packet;
  });
  for (const part of packets) decoder.add(part);
  decoder.destroy?.();
  if (decoded === undefined) throw new Error("the packet is incomplete");
  return decoded;
}

const prefixed = new WeakSet<object>();

/**
 * From now on the ids of this namespace's new sockets begin with `prefix`, in place of as many of their random characters: they
 * keep their length, and 64 random bits beside their serial number. Recovered sockets keep their ids, and so do those of protocol 3,
 * whose clients take the id of their session for it. Where this socket.io makes sockets in another way, ids stay as they are.
 */
export function prefixSocketIds(adapter: Adapter, prefix: string): void {
  const namespace = adapter.nsp as SocketFactory;
  const create = namespace._createSocket;
  if (typeof create !== "function" || prefixed.has(namespace)) return;
  prefixed.add(namespace);
  namespace._createSocket = async (client, ...rest) => {
    const socket = await create.call(namespace, client, ...rest);
    const chosenHere = client.conn.protocol > 3 && socket.recovered !== true;
    if (chosenHere) socket.id = prefix + socket.id.slice(prefix.length);
    return socket;
  };
}

/** What this copy of socket.io lacks of the above; empty on every version that was proven. */
export function missingInternals(adapter: Adapter): string[] {
  const namespace = namespaceInside(adapter);
  const missing: string[] = [];
  if (typeof namespace._onServerSideEmit !== "function") missing.push("namespace._onServerSideEmit");
  if (typeof namespace.server._parser?.Decoder !== "function") missing.push("server._parser");
  if (!(namespaceOf(adapter).sockets instanceof Map)) missing.push("namespace.sockets");
  return missing;
}
