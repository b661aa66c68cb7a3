/**
 * Primary: the answer to an order that takes its time: lines of JSON on how far it is, and how it ended. Whoever reads slowly gets
 * fewer lines, and whoever leaves stops nothing.
 */

import type { ServerResponse } from "node:http";
import type { ChangeProgress } from "../../protocol/status.js";

/** How often to look. Milliseconds. */
const LOOK_EVERY = 100;

export class ChangeStream {
  readonly #response: ServerResponse;
  readonly #progress: () => ChangeProgress | null;
  readonly #timer: NodeJS.Timeout;
  #last = "";

  /** @param progress of the change that is under way */
  constructor(response: ServerResponse, progress: () => ChangeProgress | null) {
    this.#response = response;
    this.#progress = progress;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    response.on("close", () => clearInterval(this.#timer));
  }

  /** @param code of the response, where no line of it went out yet */
  end(code: number, line: object): void {
    clearInterval(this.#timer);
    // What is under way beside a refused order is somebody else's.
    if (code < 300) this.#look();
    this.#begin(code);
    this.#write(line);
    this.#response.end();
  }

  #look(): void {
    const progress = this.#progress();
    if (progress === null || this.#response.writableLength > 0) return;
    const seen = JSON.stringify({ ...progress, ms: 0 });
    if (seen === this.#last) return;
    this.#last = seen;
    this.#begin(200);
    this.#write({ progress });
  }

  #begin(code: number): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(code, { "content-type": "application/x-ndjson", connection: "close" });
  }

  #write(line: object): void {
    this.#response.write(`${JSON.stringify(line)}\n`);
  }
}
