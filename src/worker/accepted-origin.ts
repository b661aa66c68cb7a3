/** Worker (accepting): whose a request is, found out when somebody asks: for most requests of a session that is here nobody does. */

import type { IncomingMessage } from "node:http";
import type { ClientResolver } from "./client-resolver.js";
import type { Client } from "./internals/client-socket.js";
import type { RequestOrigin } from "./request-head.js";

export class AcceptedOrigin implements RequestOrigin {
  readonly engine: number;
  readonly #request: IncomingMessage;
  readonly #clients: ClientResolver;
  #asked = false;
  #client: Client | undefined;

  constructor(engine: number, request: IncomingMessage, clients: ClientResolver) {
    this.engine = engine;
    this.#request = request;
    this.#clients = clients;
  }

  /** The same as long as the request lives, also when its connection is gone by then. */
  get client(): Client | undefined {
    if (!this.#asked) this.#client = this.#clients.clientOf(this.#request);
    this.#asked = true;
    return this.#client;
  }
}
