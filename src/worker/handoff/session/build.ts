/** Worker (new): puts a session together from its record, with the classes of this worker's copies of engine.io and socket.io. */

import type { Socket } from "node:net";
import { importDeflate } from "../../internals/deflate.js";
import type { Engine } from "../../internals/engine.js";
import {
  createSession,
  createTransport,
  discardSession,
  type EngineConnection,
  engineInside,
  register,
} from "../../internals/engine-session.js";
import {
  countAsConnection,
  detachHandle,
  type RawHandle,
  socketFromHandle,
} from "../../internals/handles.js";
import { httpServerOf } from "../../internals/socket-io.js";
import { serverOn } from "../../internals/socket-io-hooks.js";
import {
  admit,
  type Client,
  type ClientSocket,
  createClient,
  createSocket,
  insideOf,
  type Namespace,
  namespaceOf,
  restoreHalfPacket,
  stopConnectTimeout,
} from "../../internals/socket-io-session.js";
import { createWebSocket, openOn, type ServerWebSocket } from "../../internals/websocket.js";
import type { SessionCount } from "../../session-count.js";
import type { SessionRecord } from "../session-codec.js";
import { readState, type SessionState, type SocketState } from "./record.js";
import { rebuildRequest } from "./request.js";

/** A session with all its parts, which neither reads nor writes yet. */
export type Built = {
  readonly engine: Engine;
  readonly state: SessionState;
  readonly conn: EngineConnection;
  readonly sockets: readonly ClientSocket[];
  /** Of a WebSocket. */
  readonly connection: Socket | undefined;
};

export type BuildOptions = {
  readonly sessions: SessionCount;
  /** Prepares a namespace that sessions come to. */
  prepare(namespace: Namespace): void;
  /** Another worker has served the session since the record was written. */
  readonly served: boolean;
};

/** @throws when it cannot be built; the handle is then still the caller's */
export function buildSession(
  record: SessionRecord,
  engine: Engine | undefined,
  handle: RawHandle | undefined,
  options: BuildOptions,
): Built {
  const written = readState(record);
  const state = options.served ? outdated(written) : written;
  if (engine === undefined) throw new Error(`the app has no engine ${record.engine}`);
  const server = serverOn(engine);
  if (server === undefined) throw new Error("no Socket.IO server stands on the engine");
  if (engineInside(engine).clients[record.sid] !== undefined) throw new Error("the session is here already");
  const io = insideOf(server);
  // All that the app may lack, before anything is begun.
  const namespaces = state.sockets.map(({ namespace, handshake }) =>
    namespaceOf(io, namespace, handshake.auth),
  );
  for (const namespace of namespaces) options.prepare(namespace);
  if (record.transport === "websocket" && handle === undefined) throw new Error("the descriptor is missing");

  const connection = handle && socketFromHandle(handle);
  const httpServer = httpServerOf(io);
  if (connection !== undefined && httpServer !== undefined) countAsConnection(httpServer, connection);
  let conn: EngineConnection | undefined;
  try {
    conn = buildConnection(record, state, engine, connection);
    const client = createClient(io, conn);
    const sockets = state.sockets.map((socket, index) =>
      buildSocket(client, namespaces[index] as Namespace, socket, state.requestDropped),
    );
    finishClient(client, state);
    register(engineInside(engine), conn);
    options.sessions.arrived(conn as never);
    return { engine, state, conn, sockets, connection };
  } catch (error) {
    if (conn !== undefined) discardSession(conn);
    if (connection !== undefined && handle !== undefined) detachHandle(connection, handle);
    throw error;
  }
}

function buildConnection(
  { sid, transport: name }: SessionRecord,
  state: SessionState,
  engine: Engine,
  connection: Socket | undefined,
): EngineConnection {
  const inside = engineInside(engine);
  const request = rebuildRequest(state.request, connection);
  const websocket = connection && buildWebSocket(inside.ws, state, connection);
  const transport = createTransport(inside, name, request, {
    supportsBinary: state.supportsBinary,
    ...(websocket && { websocket }),
  });
  const conn = createSession(inside, sid, transport, request, state.protocol);
  conn.upgraded = state.upgraded;
  conn.remoteAddress = state.remoteAddress;
  conn.writeBuffer = [...state.waiting];
  return conn;
}

function buildWebSocket(
  server: ReturnType<typeof engineInside>["ws"],
  { webSocket }: SessionState,
  connection: Socket,
): ServerWebSocket {
  if (server === undefined || webSocket === undefined) throw new Error("the app takes no WebSockets");
  const extensions = importDeflate(server, webSocket.deflate);
  const websocket = createWebSocket(server, { extensions, protocol: webSocket.protocol });
  openOn(websocket, server, connection);
  return websocket;
}

function buildSocket(
  client: Client,
  namespace: Namespace,
  state: SocketState,
  requestDropped: boolean,
): ClientSocket {
  const { id, pid, data, rooms, handshake } = state;
  const socket = createSocket(client, namespace, { id, pid, data, auth: handshake.auth });
  const { headers, url, query, ...own } = handshake;
  // The rest it has from the request.
  Object.assign(socket.handshake, own, requestDropped && { headers, url, query });
  admit(client, socket);
  namespace.adapter.addAll(id, new Set(rooms));
  return socket;
}

function finishClient(client: Client, { half, mustEnter }: SessionState): void {
  if (half !== undefined) restoreHalfPacket(client, half);
  // Of a client that has not entered any namespace it began anew.
  if (!mustEnter) stopConnectTimeout(client);
}

/** Of a session that was served since: the other worker has read the rest of what had begun, sent what waited, and pinged. */
function outdated(state: SessionState): SessionState {
  const webSocket = state.webSocket && { ...state.webSocket, unread: new Uint8Array() };
  return { ...state, webSocket, half: undefined, waiting: [], beat: { at: 0, awaited: false } };
}
