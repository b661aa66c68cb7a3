/** Worker: a client of Socket.IO as small as can be, for the self test: one WebSocket, one namespace, protocol 5 over Engine.IO 4. */

import type { EventEmitter } from "node:events";

/** The class of ws, as a client. */
export type WebSocketClass = new (
  url: string,
  options: { readonly perMessageDeflate: boolean },
) => EventEmitter & {
  send(text: string): void;
  terminate(): void;
};

export class LoopbackClient {
  readonly #socket: InstanceType<WebSocketClass>;
  readonly #namespace: string;
  readonly #messages: string[] = [];
  #problem: Error | undefined;
  #wake = (): void => {};

  constructor(WebSocket: WebSocketClass, url: string, namespace: string) {
    this.#namespace = namespace;
    this.#socket = new WebSocket(url, { perMessageDeflate: true });
    this.#socket.on("message", (data: Buffer) => this.#heard(String(data)));
    this.#socket.on("error", (error: Error) => this.#failed(error));
    this.#socket.on("close", (code: number) => this.#failed(new Error(`the connection closed with ${code}`)));
  }

  /** @param packet its type and what stands before its namespace and after it, such as `2` and `["event"]` */
  send(type: string, rest = ""): void {
    this.#socket.send(`4${type}${this.#namespace},${rest}`);
  }

  /** @returns the next packet without its namespace @throws Error when the connection ended instead */
  async next(): Promise<string> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message.replace(`${this.#namespace},`, "");
      if (this.#problem !== undefined) throw this.#problem;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #heard(message: string): void {
    this.#messages.push(message);
    this.#wake();
  }

  #failed(error: Error): void {
    this.#problem ??= error;
    this.#wake();
  }
}
