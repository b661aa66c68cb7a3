/** Worker: what a call of `listen()` asks for. */

import { Server as HttpServer } from "node:http";
import type { ListenOptions, Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { ListenTarget } from "../protocol/messages.js";
import { normalizeListenArguments } from "./internals/listening.js";

export type ListenCall = {
  readonly target: ListenTarget;
  readonly backlog: number | undefined;
  readonly callback: (() => void) | null;
  readonly signal: AbortSignal | undefined;
};

/**
 * @returns undefined where Node must answer itself: a descriptor of the app's own, `exclusive`, or arguments that are wrong and
 * that Node refuses with its own error
 */
export function readListenCall(args: unknown[]): ListenCall | undefined {
  const [options, callback] = normalizeListenArguments(args);
  if (
    options.exclusive ||
    options.fd !== undefined ||
    options.handle !== undefined ||
    options._handle !== undefined
  )
    return undefined;
  const target = readTarget(options, args);
  if (target === undefined) return undefined;
  return { target, backlog: backlogOf(options, args), callback, signal: options.signal };
}

function readTarget(options: ListenOptions, args: unknown[]): ListenTarget | undefined {
  if (typeof options.path === "string") {
    return {
      kind: "pipe",
      path: options.path,
      readableAll: options.readableAll === true,
      writableAll: options.writableAll === true,
    };
  }
  const port = readPort(options, args);
  if (port === undefined) return undefined;
  if (options.host !== undefined && typeof options.host !== "string") return undefined;
  return {
    kind: "tcp",
    port,
    ipv6Only: options.ipv6Only === true,
    ...(options.host ? { host: options.host } : {}),
  };
}

/** As in plain Node: no port at all, or `null`, means any free one. */
function readPort(options: ListenOptions, args: unknown[]): number | undefined {
  const given: unknown = options.port;
  if (given === undefined || given === null) {
    const asksForAny = args.length === 0 || typeof args[0] === "function" || "port" in options;
    return asksForAny ? 0 : undefined;
  }
  if (typeof given === "string" && given.trim() === "") return undefined;
  const port = Number(given);
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : undefined;
}

function backlogOf(options: ListenOptions, args: unknown[]): number | undefined {
  for (const candidate of [args[1], args[2], options.backlog]) {
    const backlog = Number(candidate);
    if (
      candidate !== undefined &&
      typeof candidate !== "function" &&
      Number.isInteger(backlog) &&
      backlog > 0
    )
      return backlog;
  }
  return undefined;
}

/** A server that speaks HTTP: http, https, or http2 over TLS. */
export function speaksHttp(server: Server): boolean {
  return server instanceof HttpServer || server instanceof TlsServer || server.listenerCount("request") > 0;
}
