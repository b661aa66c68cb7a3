/**
 * Worker: private parts of Node's http, in one place. Proven on Node 20, 22, 24 and 26.
 * - `IncomingMessage#_addHeaderLines(raw, count)`: what Node's own parser callback calls; `headers` is made from it on first use.
 * - `socket._httpMessage`: the response that is under way; `socket.server`: set by http for each connection.
 * - `socket.parser.duration()`: 0 when no byte of a next request was seen (`server.closeIdleConnections` asks the same).
 * - `server[Symbol(http.server.connections)].all()`: the parsers of all open connections, with their `socket`.
 */

import { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RequestHead } from "../../protocol/messages.js";

type HttpSocketFields = {
  parser?: { duration?: () => number } | null;
  _httpMessage?: unknown;
  server?: Server;
};
type ConnectionsList = { all?(): { socket?: Socket | null }[] };
type Internals = { _addHeaderLines(headers: string[], count: number): void };

/** The request that another worker read, as if it had come by `socket`. Its body, if any, is pushed by the caller. */
export function buildRequest(head: RequestHead, socket: Duplex): IncomingMessage {
  const request = new IncomingMessage(socket as Socket);
  const [major = 1, minor = 1] = head.httpVersion.split(".").map(Number);
  request.httpVersion = head.httpVersion;
  request.httpVersionMajor = major;
  request.httpVersionMinor = minor;
  request.method = head.method;
  request.url = head.url;
  request.rawHeaders = [...head.rawHeaders];
  (request as unknown as Internals)._addHeaderLines(request.rawHeaders, request.rawHeaders.length);
  return request;
}

/** Whether nothing of a further request was read from this connection. False where it cannot be told. */
export function isBetweenRequests(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as HttpSocketFields;
  return !_httpMessage && typeof parser?.duration === "function" && parser.duration() === 0;
}

/** The server whose connection this is; `undefined` for one that another worker passed on or forwarded. */
export function serverOfSocket(socket: Duplex): Server | undefined {
  return (socket as HttpSocketFields).server;
}

/** Open connections that never sent a byte: browsers open some in advance, and Node does not count them as idle. */
export function silentConnections(server: Server): Socket[] {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connections",
  );
  const list = key && (server as unknown as Record<symbol, ConnectionsList | undefined>)[key];
  const sockets = list?.all?.().map(({ socket }) => socket) ?? [];
  return sockets.filter((socket) => socket?.bytesRead === 0) as Socket[];
}
