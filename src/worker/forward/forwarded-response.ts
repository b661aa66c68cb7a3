/** Worker (owner): the response to a stray. A real `ServerResponse`, so that every middleware works; its bytes go to the worker that has the client. */

import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ForwardedSocket } from "./forwarded-socket.js";

export class ForwardedResponse extends ServerResponse {
  readonly #socket: ForwardedSocket;

  constructor(request: IncomingMessage, socket: ForwardedSocket) {
    super(request);
    this.#socket = socket;
    // The body travels as it is: the worker that has the client chooses the coding of its connection.
    this.useChunkedEncodingByDefault = false;
    this.assignSocket(socket as unknown as Socket);
    this.once("finish", () => this.#finish(request));
  }

  override end(...args: unknown[]): this {
    (super.end as (...rest: unknown[]) => this)(...args);
    if (this.#socket.writableLength === 0 && !this.#socket.destroyed) this.#socket.complete();
    return this;
  }

  /** What Node's http server does when a response left: the request is read to its end, both say `close`. */
  #finish(request: IncomingMessage): void {
    this.#socket.complete();
    if (!request.readableEnded) request.resume();
    this.detachSocket(this.#socket as unknown as Socket);
    process.nextTick(() => {
      this.emit("close");
      if (!request.readableEnded) request.destroy();
      this.#socket.destroy();
    });
  }
}
