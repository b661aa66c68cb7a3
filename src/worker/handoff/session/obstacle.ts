/** Worker: what keeps a session from leaving in this moment, or for ever. Looks only. */

import { TLSSocket } from "node:tls";
import { deflateObstacle } from "../../internals/deflate.js";
import type { EngineConnection, Transport } from "../../internals/engine-session.js";
import { isFlushed, type RawHandle, rawHandleOf } from "../../internals/handles.js";
import { clientOf, isEntering, isPassingMiddleware } from "../../internals/socket-io-hooks.js";
import type { Client } from "../../internals/socket-io-session.js";
import { isOpen, isSending, readerPosition, type ServerWebSocket } from "../../internals/websocket.js";
import type { StayReason } from "../session-codec.js";
import { unreadBytes } from "./frames.js";
import type { RequestsUnderWay } from "./requests-under-way.js";

/** `passes`: it may be gone in the next turn. */
export type Obstacle = { readonly reason: StayReason; readonly passes: boolean };

const forGood = (reason: StayReason): Obstacle => ({ reason, passes: false });
const forNow = (reason: StayReason): Obstacle => ({ reason, passes: true });

export function obstacleOf(conn: EngineConnection, requests: RequestsUnderWay): Obstacle | undefined {
  const client = clientOf(conn);
  const { transport } = conn;
  if (client === undefined) return forGood("engine-only");
  if (transport.name === "websocket")
    return (
      obstacleOfConnection(transport) ??
      obstacleOfSession(conn, client, requests) ??
      obstacleOfWebSocket(transport)
    );
  if (transport.name !== "polling") return forGood("webtransport");
  return obstacleOfSession(conn, client, requests) ?? obstacleOfPolling(transport);
}

function obstacleOfSession(
  conn: EngineConnection,
  client: Client,
  requests: RequestsUnderWay,
): Obstacle | undefined {
  if (conn.readyState !== "open" || conn.upgrading || requests.has(conn)) return forNow("unfinished");
  if (isEntering(client)) return forNow("middleware");
  for (const socket of client.sockets.values()) if (isPassingMiddleware(socket)) return forNow("middleware");
  return conn.packetsFn.length > 0 ? forNow("stuck-consumer") : undefined;
}

function obstacleOfConnection({ socket: websocket }: Transport): Obstacle | undefined {
  if (websocket?._socket == null) return forNow("unfinished");
  if (websocket._socket instanceof TLSSocket) return forGood("tls");
  if (plainConnection(websocket) === undefined)
    return websocket._socket.destroyed ? forNow("unfinished") : forGood("tunnel");
  const obstacle = deflateObstacle(websocket._extensions);
  if (obstacle === "wait") return forNow("unfinished");
  return obstacle && forGood(obstacle);
}

function obstacleOfWebSocket(transport: Transport): Obstacle | undefined {
  const { socket: websocket } = transport;
  const connection = websocket && plainConnection(websocket);
  if (connection === undefined || !isOpen(websocket as ServerWebSocket)) return forNow("unfinished");
  const idle = transport.writable && !isSending(websocket as ServerWebSocket);
  if (!idle || !isFlushed(connection.socket, connection.handle)) return forNow("stuck-consumer");
  const position = readerPosition(websocket as ServerWebSocket);
  return position && unreadBytes(position) ? undefined : forNow("unfinished");
}

/** A GET that waits is answered when the session leaves; everything else is let end. */
function obstacleOfPolling({ dataReq, req, writable }: Transport): Obstacle | undefined {
  if (dataReq) return forNow("unfinished");
  return req && !writable ? forNow("stuck-consumer") : undefined;
}

/** @returns undefined for one whose bytes come by another worker, or through TLS, or that is closed */
export function plainConnection({
  _socket: socket,
}: ServerWebSocket): { socket: import("node:net").Socket; handle: RawHandle } | undefined {
  const handle = socket ? rawHandleOf(socket) : undefined;
  return handle && { socket: socket as import("node:net").Socket, handle };
}
