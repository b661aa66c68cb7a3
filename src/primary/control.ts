/**
 * Primary: the control socket: HTTP over a Unix socket in a folder that only its owner may enter (docs/control.md). Answers come
 * from the loop that owns the fleet; here requests are read, and sentences written.
 */

import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HoldfastError, messageOf } from "../base/errors.js";
import type { FleetStatus } from "../protocol/status.js";
import { BadRequest, readLogs, readReload, readScale } from "./control/body.js";
import { ChangeStream } from "./control/change-stream.js";
import { streamLogs } from "./control/log-stream.js";
import type { Refusal } from "./lifecycle/events.js";
import type { LogHistory } from "./log-history.js";
import type { ReloadAnswer, ReloadOrder } from "./reloader.js";

/** What can be asked; the promises settle when it is done. A refusal says why not. */
export type ControlActions = {
  status(): FleetStatus;
  stop(): void;
  reload(order: Omit<ReloadOrder, "by">): Promise<ReloadAnswer>;
  scale(order: {
    readonly workers: number;
    readonly rebalance?: boolean | undefined;
  }): Promise<Refusal | null>;
  readonly logs: LogHistory;
};

type Reply = { readonly code: number; readonly body: object };

const NO_SUCH_PATH: Refusal = {
  code: "ERR_CONTROL_PATH",
  message: "There is no such question. Ask GET /status, GET /logs, POST /stop, POST /reload or POST /scale.",
};

export class ControlServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #actions: ControlActions;
  /** Who follows the log. */
  readonly #followers = new Set<() => void>();

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
      for (const end of this.#followers) end();
      this.#server.closeIdleConnections();
      setTimeout(() => this.#server.closeAllConnections(), 200).unref();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (error instanceof BadRequest) return send(response, refused(400, error.refusal));
      send(response, refused(500, { code: "ERR_CONTROL", message: messageOf(error) }));
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://holdfast");
    switch (`${request.method} ${url.pathname}`) {
      case "GET /status":
        return send(response, { code: 200, body: this.#actions.status() });
      case "POST /stop":
        this.#actions.stop();
        return send(response, { code: 202, body: this.#actions.status() });
      case "POST /reload": {
        const order = await readReload(request);
        return this.#change(request, response, () => this.#actions.reload(withoutGaps(order)));
      }
      case "POST /scale": {
        const order = await readScale(request);
        return this.#change(request, response, async () => ({
          refusal: await this.#actions.scale(order),
          warnings: [],
        }));
      }
      case "GET /logs":
        return this.#logs(url, response);
      default:
        return send(response, refused(404, NO_SUCH_PATH));
    }
  }

  async #change(
    request: IncomingMessage,
    response: ServerResponse,
    begin: () => Promise<ReloadAnswer>,
  ): Promise<void> {
    if (!request.headers.accept?.includes("application/x-ndjson")) {
      return send(response, this.#outcome(await begin()));
    }
    const stream = new ChangeStream(response, () => this.#actions.status().change);
    const { code, body } = this.#outcome(await begin());
    stream.end(code, "error" in body ? body : { done: body });
  }

  #outcome({ refusal, warnings }: ReloadAnswer): Reply {
    if (refusal !== null) return refused(409, refusal);
    return { code: 200, body: { ...this.#actions.status(), warnings } };
  }

  #logs(url: URL, response: ServerResponse): void {
    const { follow, lines, slot } = readLogs(url);
    const query = { lines, ...(slot !== undefined && { slot }), follow: follow === "1" };
    const end = streamLogs(response, this.#actions.logs, query);
    this.#followers.add(end);
    response.on("close", () => this.#followers.delete(end));
  }
}

function withoutGaps({ parallel, env }: Awaited<ReturnType<typeof readReload>>): Omit<ReloadOrder, "by"> {
  return { ...(parallel !== undefined && { parallel }), ...(env !== undefined && { env }) };
}

function refused(code: number, error: Refusal): Reply {
  return { code, body: { error } };
}

function send(response: ServerResponse, { code, body }: Reply): void {
  if (response.headersSent) return void response.end();
  response.writeHead(code, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}

function listenError(path: string, cause: Error): HoldfastError {
  return new HoldfastError(
    "ERR_CONTROL_SOCKET",
    `The control socket ${path} cannot be opened: ${cause.message}. Set HOLDFAST_RUNTIME_DIR to a folder on a local disk.`,
    { cause },
  );
}
