/**
 * Worker (old): the connections that its clients keep between two requests go to a worker that stays, as soon as nothing is under way on them.
 * Were they closed instead, a request that is on its way at that moment would be lost, and not every client sends it again.
 */

import type { Server, Socket } from "node:net";
import { isFlushed, rawHandleOf } from "./internals/handles.js";
import { quietConnections } from "./internals/http.js";
import { type OfferConnection, passConnection } from "./pass-connection.js";

const LOOK_EVERY = 50;
/** On their way at once: each costs both workers some tens of microseconds in one go. */
const MAX_PENDING = 256;

export class IdleConnections {
  /** Named as in every worker: the name of a server that listens no more is not known any longer. */
  readonly #listeners: ReadonlyMap<Server, string | undefined>;
  readonly #offer: OfferConnection;
  readonly #pending = new Set<Socket>();
  /** Nobody wanted them: they end here. */
  readonly #refused = new WeakSet<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(listeners: ReadonlyMap<Server, string | undefined>, offer: OfferConnection) {
    this.#listeners = listeners;
    this.#offer = offer;
  }

  /** From now on what becomes idle leaves. */
  start(): void {
    this.pass();
    this.#timer = setInterval(() => this.pass(), LOOK_EVERY).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @returns whether any are on their way: what is idle and is not, cannot leave */
  pass(): boolean {
    for (const [server, listener] of this.#listeners) {
      if (listener === undefined) continue;
      for (const socket of quietConnections(server)) this.#pass(socket, listener);
    }
    return this.#pending.size > 0;
  }

  #pass(socket: Socket, listener: string): void {
    if (this.#pending.size >= MAX_PENDING || this.#pending.has(socket) || this.#refused.has(socket)) return;
    const handle = rawHandleOf(socket);
    if (handle === undefined || !isFlushed(socket, handle)) return;
    this.#pending.add(socket);
    const settle = (): boolean => this.#pending.delete(socket);
    const refused = (): void => {
      settle();
      this.#refused.add(socket);
    };
    socket.once("close", settle);
    if (!passConnection(socket, handle, listener, this.#offer, refused)) refused();
  }
}
