/**
 * Worker: the header of the PROXY protocol in front of a connection's first byte. A connection whose peer is trusted reaches the app's server
 * when its header was read, and shows whose it is; one that begins otherwise never does. Others go there as they are.
 */

import { type Server, Socket } from "node:net";
import type { Hop } from "../routing/hop.js";
import { type ProxyHeader, readProxyHeader } from "../routing/proxy-header.js";
import type { Trust } from "../routing/trust.js";
import { hasNamedEnds, nameEnds, nameEndsOfTls } from "./internals/client-socket.js";

/** A proxy sends the header with the connection; one that has not arrived by then will not. Milliseconds. */
const HEADER_WITHIN = 5000;

const waiting = new WeakMap<Server, Set<Socket>>();

/** Connections of the server whose header has not arrived in full. */
export function connectionsWithoutHeader(server: Server): readonly Socket[] {
  return [...(waiting.get(server) ?? [])];
}

export class ProxyHeaders {
  readonly #trust: Trust;
  #refused = 0;

  constructor(trust: Trust) {
    this.#trust = trust;
  }

  /** Connections that were closed since the start: no header in time, or none that can be read. */
  get refused(): number {
    return this.#refused;
  }

  /** Reads the header of each connection of this server. A second call for the same one does nothing. */
  cover(server: Server): void {
    if (waiting.has(server)) return;
    waiting.set(server, new Set());
    const emit = server.emit as (event: unknown, ...args: unknown[]) => boolean;
    // Where a connection comes from, every listener of `connection` hears of it through here, also those of later.
    server.emit = (event: unknown, ...args: unknown[]): boolean => {
      const [socket] = args;
      if (event === "secureConnection") nameEndsOfTls(socket as Socket);
      if (event !== "connection" || !this.#brings(socket)) return emit.call(server, event, ...args);
      this.#read(server, socket, () => emit.call(server, event, socket));
      return true;
    };
  }

  #brings(socket: unknown): socket is Socket {
    return socket instanceof Socket && !hasNamedEnds(socket) && this.#trust(socket.remoteAddress, 0);
  }

  #read(server: Server, socket: Socket, go: () => void): void {
    const unread = waiting.get(server);
    unread?.add(socket);
    readHeader(socket, (outcome) => {
      unread?.delete(socket);
      if (outcome.kind === "whole") {
        nameEnds(socket, outcome.source);
        go();
        return;
      }
      if (outcome.kind === "bad") this.#refused++;
      socket.destroy();
    });
  }
}

/** `gone`: the peer left without a word, as those do that look whether anybody listens. */
type Outcome =
  | { readonly kind: "whole"; readonly source: Hop | undefined }
  | { readonly kind: "bad" | "gone" };

/** @param settle called once; by then the socket is as new, with everything behind the header still to be read */
function readHeader(socket: Socket, settle: (outcome: Outcome) => void): void {
  let bytes = Buffer.alloc(0);
  let header: ProxyHeader = { state: "partial" };
  let over = false;
  const stop = (outcome: Outcome): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    socket.off("readable", read).off("end", ended).off("close", ended).off("error", ended);
    settle(outcome);
  };
  const ended = (): void => stop({ kind: bytes.length === 0 || header.state === "whole" ? "gone" : "bad" });
  const read = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    bytes = Buffer.concat([bytes, chunk]);
    header = readProxyHeader(bytes);
    if (header.state === "bad") stop({ kind: "bad" });
    if (header.state !== "whole") return;
    const { length, source } = header;
    socket.off("readable", read);
    if (bytes.length > length) socket.unshift(bytes.subarray(length));
    // Only then has the stream forgotten that somebody listened for `readable`, and flows for the next one as a new one does.
    process.nextTick(() =>
      socket.destroyed || socket.readableEnded ? ended() : stop({ kind: "whole", source }),
    );
  };
  // After a turn that took too long the bytes may be here and not read yet: they are, before the next `setImmediate`.
  const timer = setTimeout(() => setImmediate(() => stop({ kind: "bad" })), HEADER_WITHIN);
  socket.on("readable", read).on("end", ended).on("close", ended).on("error", ended);
}
