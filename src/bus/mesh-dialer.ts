/**
 * Bus, in a worker: dials the sockets of other workers until each is linked or known to be dead.
 * It decides when to try again; whether a link is used, the mesh decides.
 */

import type { Socket } from "node:net";
import { codeOf, messageOf } from "../base/errors.js";
import { dial, type LinkServer } from "../protocol/link-server.js";
import { whoIs } from "./mesh-problems.js";

/** The worker behind one socket file. `key` as in {@link peerKey}. */
export type Target = {
  readonly key: string;
  readonly slot: number;
  readonly path: string;
};

/** What became of a link that was dialled: it is used, it is not wanted, or it closed before either was said. */
export type DialOutcome = "used" | "refused" | "lost";

/** Pause before a worker that lives, but did not answer, is dialled again. Milliseconds. */
const RETRY_DELAY = 500;

export type MeshDialerOptions = {
  readonly linkServer: LinkServer;
  /** Takes the socket over. */
  readonly connected: (target: Target, socket: Socket, head: Buffer) => Promise<DialOutcome>;
  /** Whether this worker is still looked for. */
  readonly wanted: (target: Target) => boolean;
  readonly onProblem: (sentence: string) => void;
};

export class MeshDialer {
  readonly #options: MeshDialerOptions;
  readonly #pending = new Set<string>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #closed = false;

  constructor(options: MeshDialerOptions) {
    this.#options = options;
  }

  /** Whether a connection to this worker is on its way. */
  isDialling(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Resolves once the first attempt came to an end; never rejects. */
  async dial(target: Target): Promise<void> {
    if (this.#closed || this.#pending.has(target.key) || !this.#options.wanted(target)) return;
    this.#pending.add(target.key);
    const again = await this.#attempt(target);
    this.#pending.delete(target.key);
    if (again) this.dialLater(target);
  }

  dialLater(target: Target): void {
    if (this.#closed || this.#retries.has(target.key)) return;
    const timer = setTimeout(() => {
      this.#retries.delete(target.key);
      void this.dial(target);
    }, RETRY_DELAY);
    timer.unref();
    this.#retries.set(target.key, timer);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#retries.values()) clearTimeout(timer);
    this.#retries.clear();
  }

  /** @returns whether to try again */
  async #attempt(target: Target): Promise<boolean> {
    const { linkServer, connected } = this.#options;
    try {
      const { socket, head } = await dial(target.path, linkServer, "bus");
      return (await connected(target, socket, head)) === "lost";
    } catch (error) {
      return this.#onError(target, error);
    }
  }

  #onError(target: Target, error: unknown): boolean {
    const code = codeOf(error);
    // The file of a dead worker, or none.
    if (code === "ECONNREFUSED" || code === "ENOENT") return false;
    // It lives, but was too busy to answer, or we had no descriptor left.
    if (code === undefined || TRANSIENT.has(code)) return true;
    this.#options.onProblem(
      `${whoIs(target.slot)} takes no bus link from this one: ${messageOf(error)} Broadcasts do not pass between the two.`,
    );
    return false;
  }
}

const TRANSIENT = new Set(["EAGAIN", "ECONNRESET", "EPIPE", "EMFILE", "ENFILE", "ENOBUFS", "ETIMEDOUT"]);
