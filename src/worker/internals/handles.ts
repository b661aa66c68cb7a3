/**
 * Worker: private parts of Node's net, in one place. Proven on Node 20, 22, 24 and 26.
 * - `socket._handle`: the descriptor; `readStop()`, `reading`: reading must stop before a socket changes process, since what
 *   arrives between a `send` and its acknowledgement is read and dropped otherwise.
 * - `socket._server`, `server._connections`: what `getConnections()` counts and `close()` waits for.
 * - `new Socket({ handle, manualStart })`: takes a received descriptor and reads nothing until asked.
 * - `handle.writeQueueSize`: bytes that the system did not take yet.
 * - `handle.onread`: what it calls with what it read. Must always be a function: without one Node aborts.
 */

import { type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/** A descriptor as the process channel sends it. */
export type RawHandle = {
  reading: boolean;
  readStop(): number;
  readStart(): number;
  close(callback?: () => void): void;
};

type WithHandle = { _handle?: Partial<RawHandle> | null };
type HandleFields = RawHandle & { readonly writeQueueSize?: number; onread: unknown };

/** The descriptor of a plain connection; undefined for TLS, HTTP/2 and tunnels, whose state cannot leave the process. */
export function rawHandleOf(socket: Duplex): RawHandle | undefined {
  if (!(socket instanceof Socket) || socket instanceof TLSSocket || socket.destroyed) return undefined;
  const handle = (socket as WithHandle)._handle;
  return typeof handle?.readStop === "function" && typeof handle.readStart === "function"
    ? (handle as RawHandle)
    : undefined;
}

/** Stops reading at once. @returns what was read but not yet given to anyone */
export function stopReading(socket: Duplex, handle: RawHandle): Buffer {
  // In this order: `read()` starts the handle again, and nothing can arrive before this turn ends.
  const unread = socket.readableLength > 0 ? (socket.read() as Buffer | null) : null;
  handle.reading = false;
  handle.readStop();
  return unread ?? Buffer.alloc(0);
}

/** Whether the system took everything that was written. */
export function isFlushed(socket: Socket, handle: RawHandle): boolean {
  return socket.writableLength === 0 && ((handle as HandleFields).writeQueueSize ?? 0) === 0;
}

/** Nothing is read until {@link thawReading}, not even when whoever consumes the socket asks for more. */
export function freezeReading(handle: RawHandle): void {
  handle.readStop();
  // Who finds that it reads does not start it.
  handle.reading = true;
}

export function thawReading(handle: RawHandle): void {
  handle.reading = true;
  handle.readStart();
}

/** Takes the descriptor out of its socket, which closes without it: the client is sent nothing. */
export function detachHandle(socket: Socket, handle: RawHandle): void {
  (socket as unknown as WithHandle)._handle = null;
  handle.reading = false;
  handle.readStop();
  (handle as HandleFields).onread = () => {};
  socket.on("error", () => {});
  socket.destroy();
}

/** A received descriptor as a socket that has not begun to read. */
export function socketFromHandle(handle: RawHandle): Socket {
  handle.reading = false;
  const options = { handle, manualStart: true, allowHalfOpen: true, readable: true, writable: true };
  return new Socket(options as object);
}

/** Makes a connection that another worker passed count as one of this server's. */
export function countAsConnection(server: Server, socket: Socket): void {
  (socket as unknown as { _server: Server })._server = server;
  (server as unknown as { _connections: number })._connections++;
}
