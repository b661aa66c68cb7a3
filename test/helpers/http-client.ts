/** Test helper: plain HTTP requests, each on a connection of its own unless an agent is given, and what became of many of them. */

import { type Agent, type OutgoingHttpHeaders, type RequestOptions, request } from "node:http";
import { text } from "node:stream/consumers";

/** @throws the system's error */
export function get(
  url: string,
  {
    agent,
    timeout = 20_000,
    headers = {},
  }: { agent?: Agent; timeout?: number; headers?: OutgoingHttpHeaders } = {},
): Promise<string> {
  return ask(url, { agent: agent ?? false, timeout, headers });
}

export function getFromPath(
  socketPath: string,
  path: string,
  method = "GET",
  body?: string,
): Promise<string> {
  return ask(`http://holdfast${path}`, { socketPath, agent: false, method }, body);
}

function ask(url: string, options: RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => text(response).then(resolve, reject));
    asked.on("timeout", () => asked.destroy(new Error("no answer in time"))).on("error", reject);
    asked.end(body);
  });
}

/** Nobody listens there, not even a queue that nobody takes from. */
export function isRefused(url: string): Promise<boolean> {
  return get(url, { timeout: 300 }).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
  );
}

/** Asks again and again, several at a time, until it is told to stop. */
export class Load {
  answers: string[] = [];
  readonly failures: string[] = [];
  #running = true;
  readonly #clients: Promise<void>[];

  constructor(url: string, clients = 4, agent?: Agent) {
    this.#clients = Array.from({ length: clients }, () => this.#client(url, agent));
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  async #client(url: string, agent?: Agent): Promise<void> {
    while (this.#running) {
      await get(url, agent ? { agent } : {}).then(
        (answer) => this.answers.push(answer),
        (error: Error) => this.failures.push(error.message),
      );
    }
  }
}
