/**
 * Worker: private parts of Node's http, in one place. Proven on Node 20, 22, 24 and 26.
 * - `IncomingMessage#_addHeaderLines(raw, count)`: what Node's own parser callback calls; `headers` is made from it on first use.
 * - `socket._httpMessage`: the response that is under way; `socket.server`: set by http for each connection.
 * - `socket.parser[HTTPParser.kOnMessageBegin]`: called at the first byte of each request, where it is a function; Node leaves it null.
 * - `server[Symbol(http.server.connections)].all()`, `.idle()`: the parsers of all open connections, and of those of which the last request was
 *   read in full, answered or not, with their `socket`. A parser that has read nothing yet is not among the idle ones.
 */

import { IncomingMessage } from "node:http";
import { type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RequestHead } from "../../protocol/messages.js";

type Parser = Record<number, (() => void) | null | undefined>;
type HttpSocketFields = {
  parser?: Parser | null;
  _httpMessage?: unknown;
  server?: Server;
};
type ConnectionsList = Partial<Record<"all" | "idle", () => { socket?: Socket | null }[]>>;
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

/**
 * Watches a connection whose request is being answered for the first byte of a further one.
 * @returns ends the watch, and says whether none came and no answer is under way; undefined where it cannot be told
 */
export function watchForNextRequest(socket: Socket): (() => boolean) | undefined {
  const fields = socket as HttpSocketFields;
  const { parser } = fields;
  const begin = (parser?.constructor as { kOnMessageBegin?: number } | undefined)?.kOnMessageBegin;
  if (!parser || begin === undefined || typeof parser[begin] === "function") return undefined;
  let begun = false;
  parser[begin] = () => {
    begun = true;
  };
  return () => {
    parser[begin] = null;
    return !begun && fields.parser === parser && !fields._httpMessage;
  };
}

/** The server whose connection this is; `undefined` for one that another worker passed on or forwarded. */
export function serverOfSocket(socket: Duplex): Server | undefined {
  return (socket as HttpSocketFields).server;
}

/** Open connections that never sent a byte: browsers open some in advance, and Node does not count them as idle. */
export function silentConnections(server: Server): Socket[] {
  return connectionsOf(server, "all").filter(({ bytesRead }) => bytesRead === 0);
}

/** Open connections on which nothing is under way: no byte of a further request was read, every answer is out, and none of them said that it ends. */
export function quietConnections(server: Server): Socket[] {
  return [...connectionsOf(server, "idle"), ...silentConnections(server)].filter(isQuiet);
}

function isQuiet(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as HttpSocketFields;
  const open = !socket.destroyed && !socket.readableEnded && !socket.writableEnded;
  return open && !!parser && !_httpMessage && socket.readableLength === 0;
}

function connectionsOf(server: Server, which: "all" | "idle"): Socket[] {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connections",
  );
  const list = key && (server as unknown as Record<symbol, ConnectionsList | undefined>)[key];
  const parsers = list?.[which]?.() ?? [];
  return parsers.map(({ socket }) => socket).filter((socket) => socket instanceof Socket);
}
