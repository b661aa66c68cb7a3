/**
 * Worker: private parts of `net.Server` for listening on a descriptor of the primary. Proven on Node 20, 22, 24 and 26.
 * - `net._normalizeArgs(args)`: how Node itself reads the forms of `listen()`.
 * - `server._handle`: a server listens while it has one; `close()`, `listening`, `address()` and a second `listen()` go by it alone.
 * - `server._listeningId`: counts calls of `listen()` and `close()`, so that what an earlier one began is known to be outdated.
 * - `handle.listen(backlog)`: listen(2), and accepting from then on.
 * - `server._pipeName`: what `address()` of a Unix server is. `server._listen2(address, port, …)`: listens on `_handle`.
 */

import net, { type ListenOptions, type Server } from "node:net";
import type { ListenAddress } from "../../protocol/messages.js";
import type { RawHandle } from "./handles.js";

type Normalize = (
  args: unknown[],
) => [ListenOptions & { fd?: number; handle?: unknown; _handle?: unknown }, (() => void) | null];
type ServerFields = {
  _handle: object | null;
  _pipeName?: string;
  _listeningId: number;
  _listen2(address: string | null, port: number, addressType: number, backlog: number | undefined): void;
};

/** Longest delay of a timer in Node. Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The arguments of `listen()` as options and callback. */
export function normalizeListenArguments(args: unknown[]): ReturnType<Normalize> {
  return (net as unknown as { _normalizeArgs: Normalize })._normalizeArgs(args);
}

export function hasHandle(server: Server): boolean {
  return Boolean(fieldsOf(server)._handle);
}

/** Begins a `listen()`. @returns whether it is still the last thing that the app did with this server */
export function beginListening(server: Server): () => boolean {
  const fields = fieldsOf(server);
  fields._listeningId++;
  const id = fields._listeningId;
  return () => fields._listeningId === id;
}

/**
 * Makes a server look as in plain Node between `listen()` and the descriptor's arrival: bound, with an address, and `close()` works.
 * @param onClose called when the app closes the server meanwhile
 */
export function bindLater(server: Server, address: ListenAddress, onClose: () => void): void {
  const nothing = (): void => {};
  const getsockname = (out: object): number => {
    Object.assign(out, address);
    return 0;
  };
  const isPipe = typeof address === "string";
  if (isPipe) fieldsOf(server)._pipeName = address;
  fieldsOf(server)._handle = {
    close: onClose,
    ref: nothing,
    unref: nothing,
    ...(!isPipe && { getsockname }),
  };
}

/** What `address()` is to say of a Unix socket that this process did not name. */
export function setPipeName(server: Server, path: string): void {
  fieldsOf(server)._pipeName = path;
}

/** Takes back what {@link bindLater} did. */
export function forgetBinding(server: Server): void {
  fieldsOf(server)._handle = null;
}

/**
 * Holds back what makes a descriptor accept, though its server listens in its own eyes. For a socket on which somebody else listens. The
 * process lives as long as if it listened.
 * @returns begins to accept; does nothing on one that was closed meanwhile
 */
export function holdAccepting(handle: RawHandle): () => void {
  const held = handle as RawHandle & { listen(backlog: number): number; ref(): void; unref(): void };
  const { listen, close, ref, unref } = held;
  let begin = (): void => {};
  let closed = false;
  // A descriptor that does not listen keeps no process alive, and a server does.
  const alive = setInterval(() => {}, LONGEST_TIMER);
  held.listen = (backlog) => {
    begin = () => void listen.call(held, backlog);
    return 0;
  };
  held.close = (callback) => {
    closed = true;
    clearInterval(alive);
    close.call(held, callback);
  };
  held.ref = () => {
    alive.ref();
    ref.call(held);
  };
  held.unref = () => {
    alive.unref();
    unref.call(held);
  };
  return () => {
    clearInterval(alive);
    held.listen = listen;
    held.ref = ref;
    held.unref = unref;
    if (!closed) begin();
  };
}

/**
 * Listens on a descriptor; `listening` or `error` follow as after `listen()`.
 * @param where what an error of the system names @param onClose called right after the server let go of the descriptor
 */
export function listenOnHandle(
  server: Server,
  handle: RawHandle,
  where: { address: string | null; port: number; backlog: number | undefined },
  onClose: () => void,
): void {
  const { close } = handle;
  handle.close = (callback?: () => void): void => {
    close.call(handle, callback);
    onClose();
  };
  const fields = fieldsOf(server);
  fields._handle = handle;
  fields._listen2(where.address, where.port, where.port < 0 ? -1 : 4, where.backlog);
}

const fieldsOf = (server: Server): ServerFields => server as unknown as ServerFields;
