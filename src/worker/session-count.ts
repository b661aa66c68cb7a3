/** Worker: how many sessions this worker has, with those about to open; kept on the load board for all to see. */

import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Engine, EngineSession } from "./internals/engine.js";

export class SessionCount {
  readonly #publish: (load: number) => void;
  readonly #pending = new WeakSet<IncomingMessage>();
  #pendingCount = 0;
  #open = 0;
  #opened = 0;

  /** @param publish called at each change with sessions open or about to be */
  constructor(publish: (load: number) => void) {
    this.#publish = publish;
  }

  get open(): number {
    return this.#open;
  }

  /** Since the start. */
  get opened(): number {
    return this.#opened;
  }

  get load(): number {
    return this.#open + this.#pendingCount;
  }

  /** A handshake that will be served here counts from now on, until it is a session or `ends` closes. */
  reserve(request: IncomingMessage, ends: EventEmitter): void {
    this.#pending.add(request);
    this.#pendingCount++;
    this.#publish(this.load);
    ends.once("close", () => {
      if (this.#settle(request)) this.#publish(this.load);
    });
  }

  track(engine: Engine): void {
    engine.on("connection", (session: EngineSession) => {
      const counted = session.request !== undefined && this.#settle(session.request);
      this.#opened++;
      this.#begin(session);
      // What was about to open is open: the sum is as before, and the board need not be written.
      if (!counted) this.#publish(this.load);
    });
  }

  /** One that came from another worker, where it was opened. When it leaves for another, it closes here. */
  arrived(session: EventEmitter): void {
    this.#begin(session);
    this.#publish(this.load);
  }

  #begin(session: EventEmitter): void {
    this.#open++;
    session.once("close", () => {
      this.#open--;
      this.#publish(this.load);
    });
  }

  #settle(request: IncomingMessage): boolean {
    if (!this.#pending.delete(request)) return false;
    this.#pendingCount--;
    return true;
  }
}
