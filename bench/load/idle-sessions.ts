/** Load client, thread: opens WebSocket sessions and leaves them idle. A session that ends by itself is a failure. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Heap, HeapsByProcess } from "./commands.js";
import type { Endpoint } from "./endpoint.js";
import { WebSocketSession } from "./websocket-session.js";

/** Handshakes under way at the same time when the order does not matter. */
const PARALLEL = 16;
/** In a row of connects, how long one may delay the next. Its verdict still comes at the usual deadline. Milliseconds. */
const PATIENCE = 100;

export type IdleOptions = {
  readonly nextEndpoint: () => Endpoint;
  readonly sessionOn: (worker: string) => void;
  /** Called with the time that each connect took, in milliseconds. */
  readonly succeeded: (duration: number) => void;
  readonly failed: (error: Error) => void;
};

export class IdleSessions {
  readonly #options: IdleOptions;
  #sessions: WebSocketSession[] = [];

  constructor(options: IdleOptions) {
    this.#options = options;
  }

  /** The next connect begins when the one before has succeeded, or is slow enough to be suspect. */
  async openOneAfterAnother(count: number): Promise<void> {
    const pending: Promise<void>[] = [];
    for (let opened = 0; opened < count; opened += 1) {
      const opening = this.#open();
      pending.push(opening);
      await Promise.race([opening, sleep(PATIENCE)]);
    }
    await Promise.all(pending);
  }

  async openMany(count: number): Promise<void> {
    let left = count;
    const run = async (): Promise<void> => {
      while (left-- > 0) await this.#open();
    };
    await Promise.all(Array.from({ length: PARALLEL }, run));
  }

  /** Lets every server process that has one of these sessions collect its garbage. @returns what is left, by process */
  async settle(): Promise<HeapsByProcess> {
    const owners = new Map(this.#sessions.map((session) => [session.worker, session]));
    const heaps: Record<string, Heap> = {};
    for (const [worker, session] of owners) {
      const [heap] = JSON.parse(await session.ask("settle")) as [Heap];
      heaps[worker] = heap;
    }
    return heaps;
  }

  async close(): Promise<void> {
    const sessions = this.#sessions.splice(0);
    for (const { failure } of sessions) if (failure !== undefined) this.#options.failed(failure);
    const closing = sessions.filter(({ failure }) => failure === undefined).map((session) => session.close());
    for (const result of await Promise.allSettled(closing)) {
      if (result.status === "rejected") this.#options.failed(result.reason as Error);
    }
  }

  async #open(): Promise<void> {
    try {
      const begun = performance.now();
      const session = await WebSocketSession.open(this.#options.nextEndpoint());
      this.#options.succeeded(performance.now() - begun);
      this.#sessions.push(session);
      this.#options.sessionOn(session.worker);
    } catch (error) {
      this.#options.failed(error as Error);
    }
  }
}
