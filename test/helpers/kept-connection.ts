/** Test helper: a client that keeps its connection from one request to the next, and sends no request twice: one that is reset is a fault. */

import { setTimeout as pause } from "node:timers/promises";
import { RawConnection } from "./raw-connection.js";

/** Whoever answered: the app of test/fixtures/handoff says `slot.generation.pid`. */
export type Answer = { readonly slot: number; readonly generation: number };

export class KeptConnection {
  /** Requests that no answer came to. */
  readonly faults: string[] = [];
  /** What came by the present connection. */
  answers: Answer[] = [];
  /** Connections of the client on which workers of both generations answered. */
  crossed = 0;
  readonly #port: number;
  #connection: RawConnection | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens the connection without a request, as browsers do in advance. */
  async open(): Promise<void> {
    this.answers = [];
    this.#connection = await RawConnection.open(this.#port);
  }

  /** A new connection is opened only where none is, or the last answer said that its one ends. */
  async ask(target = "/"): Promise<Answer | undefined> {
    if (this.#connection === undefined) await this.open();
    const connection = this.#connection as RawConnection;
    try {
      const { headers, body } = await connection.get(target);
      const [slot, generation] = body.toString().split(".").map(Number) as [number, number];
      const answer = { slot, generation };
      if (this.answers.length > 0 && this.answers.at(-1)?.generation !== generation) this.crossed++;
      this.answers.push(answer);
      if (headers.get("connection") === "close") this.destroy();
      return answer;
    } catch (error) {
      this.faults.push(`${target} after ${this.answers.length} answers: ${(error as Error).message}`);
      this.destroy();
      return undefined;
    }
  }

  /** One request after another, at random moments. @param within from one to the next, milliseconds */
  async askUntil(over: () => boolean, within: number): Promise<void> {
    while (!over()) {
      await pause(Math.random() * within);
      await this.ask(Math.random() < 0.3 ? "/slow" : "/");
    }
  }

  destroy(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
