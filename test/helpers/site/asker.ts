/** Test helper: one client of one host, which asks about the whole site. */

import type { Socket } from "socket.io-client";
import { connected, newClient } from "../every-transport.js";
import type { TestHost } from "./host.js";

export class Asker {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open({ url }: Pick<TestHost, "url">): Promise<Asker> {
    const socket = newClient(url, "websocket");
    await connected(socket);
    return new Asker(socket);
  }

  /** How many sockets `fetchSockets()` tells of; this one is among them. */
  who(...rooms: readonly string[]): Promise<number> {
    return this.#socket.timeout(15_000).emitWithAck("who", rooms);
  }

  /** What `serverCount()` tells. */
  servers(): Promise<number> {
    return this.#socket.timeout(15_000).emitWithAck("servers");
  }

  leave(): void {
    this.#socket.disconnect();
  }
}
