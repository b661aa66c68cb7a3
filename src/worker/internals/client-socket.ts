/**
 * Worker: what a socket says of its other end, where that is a proxy and the client is known. Proven on Node 20, 22, 24 and 26.
 * - `socket.remoteAddress`, `remotePort`, `remoteFamily`: getters of the prototype, so a property of the socket's own comes before them.
 * - `request.socket`: a property of each request; `request.connection` reads it, and with it engine.io and socket.io.
 * - `tlsSocket._parent`: the connection under a TLS one.
 */

import type { IncomingMessage } from "node:http";
import { isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Hop } from "../../routing/hop.js";

/** Who is at the far end of all proxies that are believed. */
export type Client = { readonly address: string; readonly port?: number | undefined };

/** Who is at the other end of a connection: the peer, and whom its PROXY header named, if it did. */
export type Ends = { readonly peer: Hop; readonly source: Hop | undefined };

const ENDS = Symbol("holdfast.ends");
type SocketFields = { [ENDS]?: Ends; remoteAddress?: string | undefined; _parent?: Duplex | null };

/** Over HTTP/2 the socket of a request is a stand-in; what it does not know itself it asks the real one. */
const fieldsOf = (socket: Duplex): SocketFields => socket as unknown as SocketFields;

/** Whether {@link nameEnds} was called for it. */
export function hasNamedEnds(socket: Duplex): boolean {
  return fieldsOf(socket)[ENDS] !== undefined;
}

export function endsOf(socket: Duplex): Ends {
  const fields = fieldsOf(socket);
  return fields[ENDS] ?? { peer: { address: fields.remoteAddress }, source: undefined };
}

/** The connection has said whose it is. From now on it shows that to everyone. */
export function nameEnds(socket: Duplex, source: Hop | undefined): void {
  setEnds(socket, { peer: { address: fieldsOf(socket).remoteAddress }, source });
}

/** What the connection under a TLS one said holds for that too. */
export function nameEndsOfTls(socket: Duplex): void {
  const parent = fieldsOf(socket)._parent;
  const ends = parent ? fieldsOf(parent)[ENDS] : undefined;
  if (ends !== undefined) setEnds(socket, ends);
}

function setEnds(socket: Duplex, ends: Ends): void {
  keepEnds(socket, ends);
  const { address, port } = ends.source ?? {};
  if (address !== undefined) showOnConnection(socket, { address, port });
}

/** Whoever asks for the ends later must not take the client for the peer. */
function keepEnds(socket: Duplex, ends: Ends): void {
  Object.defineProperty(socket, ENDS, { value: ends, configurable: true });
}

/** For a connection that is one client's from now to its end, such as a WebSocket's. */
export function showOnConnection(socket: Duplex, client: Client): void {
  keepEnds(socket, endsOf(socket));
  for (const [name, value] of Object.entries(shown(client)))
    Object.defineProperty(socket, name, { value, configurable: true, enumerable: true, writable: true });
}

/** For one request of a connection that others share: its socket is another to it than to the rest of the app. */
export function showOnRequest(request: IncomingMessage, client: Client): void {
  const value = viewOf(request.socket, { ...shown(client), [ENDS]: endsOf(request.socket) });
  Object.defineProperty(request, "socket", { value, configurable: true, enumerable: true, writable: true });
}

/** Without a port of the client's that of the connection stays. */
function shown({ address, port }: Client): Readonly<Record<string, unknown>> {
  const family = isIPv6(address) ? "IPv6" : "IPv4";
  return { remoteAddress: address, remoteFamily: family, ...(port !== undefined && { remotePort: port }) };
}

/** The same socket, but for these properties. Its methods run on the socket itself, so that their state stays in one place. */
function viewOf(socket: Socket, own: Readonly<Record<PropertyKey, unknown>>): Socket {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(socket, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      if (!methods.has(key)) methods.set(key, value.bind(target));
      return methods.get(key);
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
