/** Worker (accepting): opens one stream on a link for one stray. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { encodeHead, encodeUpgrade, Forward } from "../../protocol/forward-frames.js";
import { hasBody, type RequestOrigin, requestHead } from "../request-head.js";
import type { Carried } from "./carried.js";
import { relayRequest } from "./relay-request.js";
import { relayTunnel } from "./relay-tunnel.js";
import type { StreamTable } from "./stream-table.js";

/** What became of a stray that was not served by its owner. One of them is called, at most once. */
export type StrayOutcome = {
  /** The owner cannot be reached or died, and the request can still be served here: no byte of its body or of an answer passed. */
  lost(): void;
  /** The client was gone before the stray left. */
  gone(): void;
};

/** Forwards one request and writes the owner's answer to `response`. */
export function forwardRequest(
  link: Promise<StreamTable>,
  carried: Carried,
  request: IncomingMessage,
  response: ServerResponse,
  origin: RequestOrigin,
  { lost, gone }: StrayOutcome,
): void {
  link.then((table) => {
    if (response.destroyed) {
      gone();
      return;
    }
    const stream = table.number();
    const body = hasBody(request);
    table.link.send(
      body ? Forward.REQUEST : Forward.REQUEST_WITHOUT_BODY,
      stream,
      encodeHead(requestHead(request, origin)),
    );
    relayRequest({ table, carried, stream, request, response, body, lost });
  }, lost);
}

/** Tunnels an upgrade for all its life. */
export function forwardUpgrade(
  link: Promise<StreamTable>,
  carried: Carried,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  origin: RequestOrigin,
  { lost, gone }: StrayOutcome,
): void {
  link.then((table) => {
    if (socket.destroyed) {
      gone();
      return;
    }
    const stream = table.number();
    table.link.send(Forward.UPGRADE, stream, encodeUpgrade(requestHead(request, origin), head));
    relayTunnel(table, stream, socket, head.length, carried);
  }, lost);
}
