/** Protocol: the Unix socket on which a worker takes links from its peers, and the way to dial one. */

import { unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { HoldfastError } from "../base/errors.js";
import { readFirst } from "./first-frame.js";
import {
  checkHello,
  encodeHello,
  encodeWelcome,
  HELLO_TYPE,
  type Hello,
  type LinkKind,
  type PeerIdentity,
  PROTOCOL_VERSION,
  WELCOME_TYPE,
} from "./hello.js";

export type Accepted = { readonly hello: Hello; readonly socket: Socket; readonly head: Buffer };

export class LinkServer {
  readonly identity: PeerIdentity;
  readonly fleet: string;
  readonly path: string;
  readonly #server: Server;
  readonly #accept = new Map<LinkKind, (accepted: Accepted) => void>();

  constructor(options: { identity: PeerIdentity; fleet: string; path: string }) {
    this.identity = options.identity;
    this.fleet = options.fleet;
    this.path = options.path;
    this.#server = createServer((socket) => this.#onConnection(socket));
    this.#server.unref();
  }

  /** Takes links of one kind. Must be set before {@link listen}. */
  onLink(kind: LinkKind, accept: (accepted: Accepted) => void): void {
    this.#accept.set(kind, accept);
  }

  /** @throws the system's error when the path cannot be bound */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      // Exclusive: this socket is the worker's own and never shared, whatever became of `listen()` in this process.
      this.#server.listen({ path: this.path, exclusive: true }, () => {
        this.#server.removeListener("error", reject);
        this.#server.on("error", () => {});
        resolve();
      });
    });
  }

  /** Stops taking links and removes the socket file. Links that stand are left alone. */
  close(): void {
    this.#server.close();
    try {
      unlinkSync(this.path);
    } catch {
      // Already gone: the server unlinks its own path on close.
    }
  }

  #onConnection(socket: Socket): void {
    socket.unref();
    readFirst(socket, HELLO_TYPE, (error, first) => {
      if (error !== undefined || first === undefined) return socket.destroy();
      const hello = checkHello(first.payload, this);
      if (typeof hello === "string") {
        socket.end(encodeWelcome(hello));
        return;
      }
      const accept = this.#accept.get(hello.kind);
      if (accept === undefined) {
        socket.end(encodeWelcome(`This worker takes no ${hello.kind} links.`));
        return;
      }
      socket.write(encodeWelcome());
      accept({ hello, socket, head: first.rest });
    });
  }
}

/**
 * Connects to a peer's Unix socket and says hello.
 * @throws the system's error (`ECONNREFUSED`, `ENOENT`: nobody is there), or `ERR_LINK_REFUSED` with the peer's sentence of
 * refusal, or an Error without a code when the peer did not answer
 */
export function dial(
  path: string,
  self: { identity: PeerIdentity; fleet: string },
  kind: LinkKind,
): Promise<{ socket: Socket; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    // What waits for a forwarded answer holds the process itself; the mesh never may.
    if (kind === "bus") socket.unref();
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.write(encodeHello({ version: PROTOCOL_VERSION, kind, fleet: self.fleet, ...self.identity }));
      readFirst(socket, WELCOME_TYPE, (error, first) => {
        if (first !== undefined && first.payload.length === 0) {
          socket.removeListener("error", reject);
          resolve({ socket, head: first.rest });
          return;
        }
        socket.destroy();
        reject(error ?? new HoldfastError("ERR_LINK_REFUSED", String(first?.payload)));
      });
    });
  });
}
