/** Load client, thread: keeps a fixed number of operations under way until it is told to stop. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Actor } from "./actor.js";

/** A server that refuses everything must not make the client spin. Milliseconds. */
const PAUSE_AFTER_FAILURE = 20;

export type ClosedLoopOptions = {
  readonly concurrency: number;
  readonly createActor: () => Promise<Actor>;
  /** Called with the duration of each operation that succeeded, in milliseconds. */
  readonly succeeded: (duration: number) => void;
  readonly failed: (error: Error) => void;
};

export class ClosedLoop {
  readonly #options: ClosedLoopOptions;
  readonly #ended: Promise<unknown>;
  #stopped = false;

  /** Begins at once. */
  constructor(options: ClosedLoopOptions) {
    this.#options = options;
    this.#ended = Promise.all(Array.from({ length: options.concurrency }, () => this.#run()));
  }

  /** Settles when the operations under way have ended and all sessions are closed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#repeat(await this.#options.createActor());
      } catch (error) {
        this.#options.failed(error as Error);
        await sleep(PAUSE_AFTER_FAILURE);
      }
    }
  }

  /** Until it is stopped, or an operation fails: then the actor is given up. */
  async #repeat(actor: Actor): Promise<void> {
    while (!this.#stopped) {
      const begun = performance.now();
      await actor.operation();
      this.#options.succeeded(performance.now() - begun);
    }
    await actor.close();
  }
}
