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
  const { exclusive, fd, handle, _handle, signal } = options;
  if (exclusive || fd !== undefined || handle !== undefined || _handle !== undefined) return undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) return undefined;
  const target = readTarget(options, args);
  if (target === undefined) return undefined;
  return { target, backlog: backlogOf(options, args), callback, signal };
}

function readTarget(options: ListenOptions, args: unknown[]): ListenTarget | undefined {
  const port = readPort(options, args);
  if (port === undefined) return readPipe(options);
  if (!isValidPort(port)) return undefined;
  if (options.host && typeof options.host !== "string") return undefined;
  return {
    kind: "tcp",
    port: Number(port),
    ipv6Only: options.ipv6Only === true,
    ...(options.host ? { host: options.host } : {}),
  };
}

/** As in plain Node: a port wins over a path; no port at all, or `null`, means any free one. */
function readPort(options: ListenOptions, args: unknown[]): number | string | undefined {
  const given: unknown = options.port;
  if (typeof given === "number" || typeof given === "string") return given;
  const asksForAny =
    args.length === 0 ||
    typeof args[0] === "function" ||
    given === null ||
    (given === undefined && "port" in options);
  return asksForAny ? 0 : undefined;
}

function isValidPort(given: number | string): boolean {
  const port = typeof given === "string" && given.trim() === "" ? Number.NaN : Number(given);
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}

function readPipe({ path, readableAll, writableAll, port }: ListenOptions): ListenTarget | undefined {
  if (typeof path !== "string" || path === "" || port !== undefined) return undefined;
  return { kind: "pipe", path, readableAll: readableAll === true, writableAll: writableAll === true };
}

function backlogOf(options: ListenOptions, args: unknown[]): number | undefined {
  for (const candidate of [options.backlog, args[1], args[2]]) {
    const backlog = Number(candidate);
    const isNumber = typeof candidate === "number" || typeof candidate === "string";
    if (isNumber && Number.isInteger(backlog) && backlog > 0) return backlog;
  }
  return undefined;
}

/** A server that speaks HTTP: http, https, or http2 over TLS. */
export function speaksHttp(server: Server): boolean {
  return server instanceof HttpServer || server instanceof TlsServer || server.listenerCount("request") > 0;
}
