/**
 * Worker: private parts of `net.Server` for listening on a descriptor of the primary. Proven on Node 20, 22, 24 and 26.
 * - `net._normalizeArgs(args)`: how Node itself reads the forms of `listen()`.
 * - `server._handle`, `server._pipeName`: a server listens while it has a handle; a Unix server's address is its pipe name.
 */

import net, { type ListenOptions, type Server } from "node:net";
import type { RawHandle } from "./handles.js";

type Normalize = (
  args: unknown[],
) => [ListenOptions & { fd?: number; handle?: unknown; _handle?: unknown }, (() => void) | null];
type ServerFields = { _handle?: unknown; _pipeName?: string };

export function listeningInternalsSupported(): boolean {
  return typeof (net as unknown as { _normalizeArgs?: unknown })._normalizeArgs === "function";
}

/** The arguments of `listen()` as options and callback. */
export function normalizeListenArguments(args: unknown[]): ReturnType<Normalize> {
  return (net as unknown as { _normalizeArgs: Normalize })._normalizeArgs(args);
}

export function hasHandle(server: Server): boolean {
  return Boolean((server as ServerFields)._handle);
}

/** Lets `server.address()` of a server on a Unix socket answer as in plain Node. */
export function setPipeName(server: Server, path: string): void {
  (server as ServerFields)._pipeName = path;
}

/** Closes a descriptor that nobody took. */
export function closeHandle(handle: unknown): void {
  (handle as RawHandle | undefined)?.close();
}
