/**
 * Worker (owner): serves the strays that other workers bring over their forward links. What it hands to the engine looks like
 * a request of its own. A stray is never forwarded again: a sid that this worker does not know gets the engine's own refusal.
 */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { decodeHead, decodeUpgrade, encodeCredit, Forward } from "../../protocol/forward-frames.js";
import type { RequestHead } from "../../protocol/messages.js";
import { buildRequest } from "../internals/http.js";
import { ForwardedResponse } from "./forwarded-response.js";
import { ForwardedSocket, HURRY } from "./forwarded-socket.js";
import { StreamTable } from "./stream-table.js";
import { ReceiveWindow } from "./window.js";

export type StrayHandler = {
  request(head: RequestHead, request: IncomingMessage, response: ForwardedResponse): void;
  upgrade(head: RequestHead, request: IncomingMessage, socket: Duplex, behind: Buffer): void;
};

/** Serves one link that another worker, or a gateway, dialled. @param closed called when it is gone @returns its streams */
export function serveForwardLink(
  socket: Socket,
  linkHead: Buffer,
  handler: StrayHandler,
  closed: (table: StreamTable) => void,
): StreamTable {
  const table: StreamTable = new StreamTable(socket, linkHead, {
    open: (type, stream, payload) => {
      try {
        open(type, stream, payload);
      } catch (error) {
        table.link.close((error as Error).message);
      }
    },
    close: () => closed(table),
  });
  const open = (type: number, stream: number, payload: Buffer): void => {
    if (type === Forward.REQUEST) openRequest(table, stream, decodeHead(payload), true, handler);
    else if (type === Forward.REQUEST_WITHOUT_BODY)
      openRequest(table, stream, decodeHead(payload), false, handler);
    else if (type === Forward.UPGRADE) openUpgrade(table, stream, payload, handler);
    else throw new Error(`unknown frame ${type} on a forward link`);
  };
  return table;
}

function openRequest(
  table: StreamTable,
  stream: number,
  head: RequestHead,
  hasBody: boolean,
  handler: StrayHandler,
): void {
  const socket = new ForwardedSocket(table, stream, head);
  const request = buildRequest(head, socket);
  const body = receiveBody(table, stream, request);
  table.add(stream, {
    ...body,
    credit: (bytes) => socket.grant(bytes),
    hurry: () => socket.emit(HURRY),
    // A turn later, as a connection that breaks is never heard of in the turn in which its request is: middlewares of the engine
    // may be waiting for a promise, and only then does it listen for the end.
    abort: () =>
      setImmediate(() => {
        // As Node does when a connection breaks: the request is destroyed first, then its socket.
        request.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
        socket.abort();
      }),
  });
  if (!hasBody) body.end();
  handler.request(head, request, new ForwardedResponse(request, socket));
}

/** The body as the request's own stream, with as much under way as its reader takes. */
function receiveBody(
  table: StreamTable,
  stream: number,
  request: IncomingMessage,
): { data(chunk: Buffer): void; end(): void } {
  const window = new ReceiveWindow((bytes) => table.link.send(Forward.CREDIT, stream, encodeCredit(bytes)));
  let unread = 0;
  request._read = () => {
    if (unread === 0) return;
    window.consumed(unread);
    unread = 0;
  };
  return {
    data: (chunk) => {
      unread += chunk.length;
      // A chunk that finds the buffer below its mark is asked for the next at once, but only after this turn.
      if (request.push(chunk)) request._read(0);
    },
    end: () => {
      request.complete = true;
      request.push(null);
    },
  };
}

function openUpgrade(table: StreamTable, stream: number, payload: Buffer, handler: StrayHandler): void {
  const { head, behind } = decodeUpgrade(payload);
  const socket = new ForwardedSocket(table, stream, head);
  table.add(stream, {
    data: (chunk) => socket.receive(chunk),
    end: () => socket.push(null),
    abort: () => socket.abort(),
    credit: (bytes) => socket.grant(bytes),
  });
  handler.upgrade(head, buildRequest(head, socket), socket, behind);
}
