/** Test helper: a client that speaks packets over a WebSocket and keeps nothing, so that a hundred thousand names cost it no memory. */

import { WebSocket } from "ws";

export class PacketClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (packet: string) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(String(data)));
  }

  /** Connects; it is in no namespace yet. @param url of the server, with http */
  static async open(url: string): Promise<PacketClient> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    const client = new PacketClient(socket);
    await client.#next("0");
    return client;
  }

  /** @param namespace begins with a slash */
  async enter(namespace: string): Promise<void> {
    const entered = this.#next(`40${before(namespace)}{`);
    this.#socket.send(`40${before(namespace)}`);
    await entered;
  }

  exit(namespace: string): void {
    this.#socket.send(`41${before(namespace)}`);
  }

  /** Emits and waits for the answer; one question at a time in each namespace. @returns the arguments of the answer */
  async ask(namespace: string, ...event: unknown[]): Promise<unknown[]> {
    const head = `43${before(namespace)}1`;
    const answer = this.#next(`${head}[`);
    this.#socket.send(`42${before(namespace)}1${JSON.stringify(event)}`);
    return JSON.parse((await answer).slice(head.length)) as unknown[];
  }

  /** The next event of this name. @returns its arguments */
  async hears(namespace: string, event: string): Promise<unknown[]> {
    const head = `42${before(namespace)}`;
    const packet = await this.#next(`${head}${JSON.stringify([event]).slice(0, -1)}`);
    return (JSON.parse(packet.slice(head.length)) as unknown[]).slice(1);
  }

  close(): void {
    this.#socket.close();
  }

  #next(beginning: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.set(beginning, resolve));
  }

  #receive(packet: string): void {
    if (packet === "2") this.#socket.send("3");
    for (const [beginning, resolve] of this.#waiting) {
      if (!packet.startsWith(beginning)) continue;
      this.#waiting.delete(beginning);
      resolve(packet);
      return;
    }
  }
}

/** What stands for the namespace in a packet. */
function before(namespace: string): string {
  return namespace === "/" ? "" : `${namespace},`;
}
