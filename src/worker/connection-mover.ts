/** Worker: a keep-alive connection that brings stray after stray for one owner moves there, and its requests are strays no more. */

import type { ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import { serverOfSocket, watchForNextRequest } from "./internals/http.js";
import type { Passages } from "./passages.js";

/** Strays in a row for one owner after which a connection moves: by then they cost about as much as passing it does. */
const MOVE_AFTER = 6;

export class ConnectionMover {
  readonly #passages: Passages;
  readonly #listenerOf: (server: Server) => string | undefined;
  readonly #runs = new WeakMap<Socket, { slot: number; length: number }>();
  #moved = 0;

  constructor(passages: Passages, listenerOf: (server: Server) => string | undefined) {
    this.#passages = passages;
    this.#listenerOf = listenerOf;
  }

  /** Connections that left since the start. */
  get moved(): number {
    return this.#moved;
  }

  /** A request of the connection's own worker: the run is broken. */
  served(socket: Socket): void {
    if (this.#runs.has(socket)) this.#runs.delete(socket);
  }

  /** A stray for `slot` came by this connection. */
  stray(socket: Socket, slot: number, response: ServerResponse): void {
    const run = this.#runs.get(socket);
    const length = run?.slot === slot ? run.length + 1 : 1;
    this.#runs.set(socket, { slot, length });
    if (length < MOVE_AFTER) return;
    const noFurtherRequest = watchForNextRequest(socket);
    response.once("close", () => {
      // The rest of a body that the owner did not wait for belongs to the request that is over.
      if (noFurtherRequest?.() && response.req.complete) this.#move(socket, slot);
    });
  }

  #move(socket: Socket, slot: number): void {
    const server = serverOfSocket(socket);
    const listener = server && this.#listenerOf(server);
    if (listener === undefined || this.#runs.get(socket)?.slot !== slot) return;
    const handle = this.#passages.movable(socket);
    if (handle === undefined) return;
    if (socket.writableLength > 0 || socket.writableEnded) return;
    this.#moved++;
    this.#passages.offerConnection(slot, listener, socket, handle);
  }
}
