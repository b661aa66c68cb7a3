/** Worker: what a session is made of, read without changing it. */

import { exportDeflate } from "../../internals/deflate.js";
import { type EngineConnection, plainPacket } from "../../internals/engine-session.js";
import { type Client, type ClientSocket, halfPacketOf } from "../../internals/socket-io-session.js";
import { readerPosition, type ServerWebSocket } from "../../internals/websocket.js";
import { unreadBytes } from "./frames.js";
import { beatOf } from "./heartbeat.js";
import type { SessionState, SocketState, WebSocketState } from "./record.js";
import { headOf } from "./request.js";

/**
 * @param place of the engine
 * @param behind what was read of the connection and not given to the reader of frames
 */
export function describe(
  conn: EngineConnection,
  client: Client,
  place: number,
  behind: Buffer,
): SessionState {
  const { transport } = conn;
  return {
    protocol: conn.protocol,
    upgraded: conn.upgraded,
    supportsBinary: transport.supportsBinary,
    remoteAddress: conn.remoteAddress,
    request: headOf(conn, client, place),
    requestDropped: !conn.request,
    waiting: conn.writeBuffer.map(plainPacket),
    beat: beatOf(conn),
    mustEnter: client.connectTimeout !== undefined,
    half: halfPacketOf(client),
    webSocket: transport.socket && describeWebSocket(transport.socket, behind),
    sockets: [...client.sockets.values()].map(describeSocket),
  };
}

function describeWebSocket(websocket: ServerWebSocket, behind: Buffer): WebSocketState {
  const position = readerPosition(websocket);
  const unread = position && unreadBytes(position);
  const deflate = exportDeflate(websocket._extensions);
  if (unread === undefined) throw new Error("the session was not asked for obstacles");
  return { unread: Buffer.concat([unread, behind]), protocol: websocket._protocol, deflate };
}

function describeSocket(socket: ClientSocket): SocketState {
  const { headers, time, issued, address, secure, xdomain, url, query, auth } = socket.handshake;
  return {
    namespace: socket.nsp.name,
    id: socket.id,
    pid: socket.pid,
    rooms: [...socket.rooms],
    data: socket.data,
    acks: [...socket.acks.keys()],
    handshake: { headers, time, issued, address, secure, xdomain, url, query, auth },
  };
}
