/**
 * Primary: the control socket: HTTP over a Unix socket in a folder that only its owner may enter. Answers come from the loop that
 * owns the fleet; here requests are read, and sentences written.
 */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { HoldfastError, messageOf } from "../base/errors.js";
import type { FleetStatus } from "../protocol/status.js";
import type { Refusal } from "./lifecycle/events.js";

/** A request of the control socket is small. Bytes. */
const MAX_BODY = 4096;

/** What can be asked; the promises settle when it is done. A refusal says why not. */
export type ControlActions = {
  status(): FleetStatus;
  stop(): void;
  reload(): Promise<Refusal | null>;
  scale(workers: number): Promise<Refusal | null>;
};

type Reply = { readonly code: number; readonly body: object };

const NO_SUCH_PATH: Refusal = {
  code: "ERR_CONTROL_PATH",
  message: "There is no such question. Ask GET /status, POST /stop, POST /reload or POST /scale.",
};
const BAD_BODY: Refusal = {
  code: "ERR_CONTROL_BODY",
  message: 'The body must be JSON such as {"workers":4}, of at most 4096 bytes.',
};

export class ControlServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #actions: ControlActions;

  constructor(path: string, actions: ControlActions) {
    this.#path = path;
    this.#actions = actions;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.unref();
  }

  /** The caller holds the fleet's lock: a socket file that is there is a dead one's. @throws {HoldfastError} ERR_CONTROL_SOCKET */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(listenError(this.#path, cause)));
      this.#server.listen(this.#path, resolve);
    });
    this.#server.removeAllListeners("error").on("error", () => {});
    chmodSync(this.#path, 0o600);
  }

  /** Answers are finished, new questions refused; the socket file is gone when it resolves. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      setTimeout(() => this.#server.closeAllConnections(), 200).unref();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await this.#reply(request).catch((error) =>
      refused(500, { code: "ERR_CONTROL", message: messageOf(error) }),
    );
    const body = JSON.stringify(reply.body);
    response.writeHead(reply.code, { "content-type": "application/json", connection: "close" });
    response.end(`${body}\n`);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    switch (`${request.method} ${request.url}`) {
      case "GET /status":
        return { code: 200, body: this.#actions.status() };
      case "POST /stop":
        this.#actions.stop();
        return { code: 202, body: this.#actions.status() };
      case "POST /reload":
        return this.#outcome(await this.#actions.reload());
      case "POST /scale":
        return this.#scale(request);
      default:
        return refused(404, NO_SUCH_PATH);
    }
  }

  async #scale(request: IncomingMessage): Promise<Reply> {
    const workers = await readWorkers(request);
    return workers === undefined ? refused(400, BAD_BODY) : this.#outcome(await this.#actions.scale(workers));
  }

  #outcome(refusal: Refusal | null): Reply {
    return refusal === null ? { code: 200, body: this.#actions.status() } : refused(409, refusal);
  }
}

function refused(code: number, error: Refusal): Reply {
  return { code, body: { error } };
}

async function readWorkers(request: IncomingMessage): Promise<number | undefined> {
  if (Number(request.headers["content-length"] ?? MAX_BODY + 1) > MAX_BODY) return undefined;
  try {
    const { workers } = JSON.parse(await text(request)) as { workers?: unknown };
    return typeof workers === "number" ? workers : undefined;
  } catch {
    return undefined;
  }
}

function listenError(path: string, cause: Error): HoldfastError {
  return new HoldfastError(
    "ERR_CONTROL_SOCKET",
    `The control socket ${path} cannot be opened: ${cause.message}. Set HOLDFAST_RUNTIME_DIR to a folder on a local disk.`,
    { cause },
  );
}
