/**
 * Worker: the request that opened a session, in the worker that the session came to. It is a real `IncomingMessage`, on which the app's
 * `engine.use` middlewares run again: what they put there, such as `request.session`, is not carried.
 */

import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { RequestHead } from "../../../protocol/messages.js";
import { showOnConnection } from "../../internals/client-socket.js";
import type { Engine } from "../../internals/engine.js";
import type { EngineConnection } from "../../internals/engine-session.js";
import { buildRequest } from "../../internals/http.js";
import type { Client, Handshake } from "../../internals/socket-io-session.js";
import { requestHead } from "../../request-head.js";

/** A middleware that did not call `next` by then is not waited for: the old worker waits twice as long for the batch. Milliseconds. */
const MIDDLEWARE_LIMIT = 1000;

/** @param place of the engine */
export function headOf(conn: EngineConnection, client: Client, place: number): RequestHead {
  const { request, remoteAddress } = conn;
  if (!request) return headOfHandshake(client, place, remoteAddress);
  const head = requestHead(request, { engine: place, client: undefined });
  return { ...head, remoteAddress: remoteAddress ?? head.remoteAddress };
}

/** For an app that sets `rawSocket.request` to null to save memory: what it left elsewhere. */
function headOfHandshake(client: Client, place: number, remoteAddress: string | undefined): RequestHead {
  const [socket] = client.sockets.values();
  const handshake: Partial<Handshake> = socket?.handshake ?? {};
  const { protocol, transport } = client.conn;
  return {
    method: "GET",
    url: handshake.url ?? `/?EIO=${protocol}&transport=${transport.name}`,
    rawHeaders: Object.entries(handshake.headers ?? {}).flatMap(([name, value]) => [name, `${value}`]),
    httpVersion: "1.1",
    engine: place,
    remoteAddress: remoteAddress ?? "",
    remotePort: 0,
    remoteFamily: remoteAddress?.includes(":") ? "IPv6" : "IPv4",
    localAddress: "",
    localPort: 0,
    encrypted: handshake.secure === true,
  };
}

/**
 * @param connection of a WebSocket. A polling session has none of its own: its request's socket only says what it said before
 */
export function rebuildRequest(head: RequestHead, connection: Socket | undefined): IncomingMessage {
  const socket = connection ?? standIn(head);
  const { remoteAddress, remotePort } = head;
  if (remoteAddress !== "" && remoteAddress !== socket.remoteAddress)
    showOnConnection(socket, { address: remoteAddress, port: remotePort });
  const request = buildRequest(head, socket);
  request.complete = true;
  request.push(null);
  return request;
}

function standIn({ localAddress, localPort, encrypted }: RequestHead): Socket {
  const known = { localAddress, localPort, ...(encrypted && { encrypted }) };
  const socket = new Socket();
  for (const [name, value] of Object.entries(known))
    Object.defineProperty(socket, name, { value, configurable: true, enumerable: true, writable: true });
  return socket;
}

type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/**
 * Runs the middlewares of `engine.use` in turn. What they answer goes nowhere, and one that refuses does not end a session that it let in
 * before.
 * @returns undefined when all have run in this turn
 */
export function runMiddlewares(engine: Engine, request: IncomingMessage): Promise<void> | undefined {
  const middlewares = [...(engine.middlewares ?? [])] as Middleware[];
  const response = new ServerResponse(request);
  let over = false;
  let settle = (): void => {};
  const finish = (): void => {
    over = true;
    settle();
  };
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (over) return;
    if (middleware === undefined) finish();
    else callOnce(middleware, request, response, (error) => (error ? finish() : run(index + 1)));
  };
  // One that answers by itself calls nobody.
  response.end = (() => {
    finish();
    return response;
  }) as ServerResponse["end"];
  run(0);
  if (over) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(finish, MIDDLEWARE_LIMIT);
    settle = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

function callOnce(
  middleware: Middleware,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  let called = false;
  const once = (error?: unknown): void => {
    if (called) return;
    called = true;
    next(error);
  };
  try {
    const result = middleware(request, response, once);
    if (result instanceof Promise) result.catch((error: unknown) => once(error ?? new Error("rejected")));
  } catch (error) {
    once(error ?? new Error("thrown"));
  }
}
