/** Load client, thread: one WebSocket, text messages only. Any end that nobody asked for is reported as a failure. */

import { WebSocket } from "ws";
import { ENGINE_PATH, type Endpoint } from "./endpoint.js";
import { ANSWER_DEADLINE, type Expectation, expectation } from "./expectation.js";

/** The code of a connection that ended without a close frame. */
const ABNORMAL = 1006;

export type ChannelHandlers = {
  message(text: string): void;
  /** The socket broke, or closed although nobody called `close()`. */
  failure(error: Error): void;
};

export class WebSocketChannel {
  readonly #socket: WebSocket;
  readonly #handlers: ChannelHandlers;
  readonly #opened = expectation<void>("open WebSocket");
  #closed: Expectation<void> | undefined;
  #worker = "";

  /** Begins to open. @param sid the session to upgrade, where there is one */
  constructor(endpoint: Endpoint, handlers: ChannelHandlers, sid?: string) {
    this.#handlers = handlers;
    this.#socket = new WebSocket(addressOf(endpoint, sid), {
      perMessageDeflate: false,
      localAddress: endpoint.localAddress,
      handshakeTimeout: ANSWER_DEADLINE,
    });
    this.#listen();
  }

  /** Settles when the server has agreed to speak WebSocket. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** The process that serves this session, as its first response names it; empty after an upgrade. */
  get worker(): string {
    return this.#worker;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes in order; settles when the server has closed too. */
  async close(): Promise<void> {
    this.#closed = expectation("close of the WebSocket");
    this.#socket.close();
    await this.#closed.promise;
  }

  /** Cuts the connection without a word; for sessions that have failed. */
  abandon(): void {
    this.#closed ??= expectation("end of an abandoned WebSocket");
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("upgrade", (response) => {
      this.#worker = String(response.headers["x-worker"] ?? "");
    });
    socket.on("open", () => this.#opened.resolve());
    socket.on("message", (data) => this.#handlers.message(String(data)));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", (code) => this.#onClose(code));
  }

  #onClose(code: number): void {
    if (this.#closed !== undefined && code !== ABNORMAL) this.#closed.resolve();
    else this.#fail(new Error(`the WebSocket closed unexpectedly with code ${code}`));
  }

  #fail(error: Error): void {
    this.#opened.reject(error);
    if (this.#closed === undefined) this.#handlers.failure(error);
    else this.#closed.reject(error);
  }
}

function addressOf({ port }: Endpoint, sid: string | undefined): string {
  const session = sid === undefined ? "" : `&sid=${sid}`;
  return `ws://127.0.0.1:${port}${ENGINE_PATH}&transport=websocket${session}`;
}
