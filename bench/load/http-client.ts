/** Load client, thread: GET and POST of one session over keep-alive connections. */

import { Agent, type IncomingMessage, request } from "node:http";
import type { Endpoint } from "./endpoint.js";
import { ANSWER_DEADLINE } from "./expectation.js";

export type Answer = {
  readonly status: number;
  readonly body: string;
  /** The `x-worker` header, or empty. */
  readonly worker: string;
};

/** An agent like that of one browser tab: one connection for the hanging GET, one for POSTs. */
export function ownConnections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 2 });
}

/**
 * An agent like that of a reverse proxy: sessions share connections, a new one is opened only when all are busy.
 * Last in, first out, as nginx takes them from its pool.
 */
export function sharedConnections(): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: Number.POSITIVE_INFINITY,
    maxFreeSockets: 64,
    scheduling: "lifo",
  });
}

export class HttpClient {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;

  constructor(endpoint: Endpoint, agent: Agent) {
    this.#endpoint = endpoint;
    this.#agent = agent;
  }

  get(path: string): Promise<Answer> {
    return this.#exchange("GET", path, "");
  }

  post(path: string, body: string): Promise<Answer> {
    return this.#exchange("POST", path, body);
  }

  /** @throws when the connection breaks or no complete answer comes in time */
  #exchange(method: string, path: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#endpoint, host: "127.0.0.1", method, path, agent: this.#agent };
      const call = request({ ...options, headers: headersOf(body) }, (response) => {
        read(response).then(resolve, reject);
      });
      call.setTimeout(ANSWER_DEADLINE, () =>
        call.destroy(new Error(`no answer to ${method} within ${ANSWER_DEADLINE} ms`)),
      );
      call.on("error", reject);
      call.end(body);
    });
  }
}

function headersOf(body: string): Record<string, string | number> {
  if (body === "") return {};
  return { "content-type": "text/plain;charset=UTF-8", "content-length": Buffer.byteLength(body) };
}

async function read(response: IncomingMessage): Promise<Answer> {
  response.setEncoding("utf8");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, body, worker: String(response.headers["x-worker"] ?? "") };
}
