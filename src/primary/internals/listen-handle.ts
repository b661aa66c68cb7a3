/**
 * Primary: private parts of Node's net for a socket that is bound but never accepted from. Proven on Node 20, 22, 24 and 26.
 * - `net._createServerHandle(address, port, addressType, fd, flags)`: a bound handle, or a negative errno. No address: `::`, then `0.0.0.0`.
 *   With `fd`: a handle for that descriptor, and no address.
 * - `handle.getsockname(out)`: also says a failure of bind that libuv keeps for later.
 * - `handle.fchmod(mode)` of a Unix socket: 1 readable, 2 writable for everybody.
 */

import net from "node:net";
import { HoldfastError } from "../../base/errors.js";

export type ListenHandle = {
  getsockname?(out: { address?: string; family?: string; port?: number }): number;
  /** Only a connected socket has a peer: 0 says so. */
  getpeername?(out: object): number;
  fchmod?(mode: number): number;
  close(callback?: () => void): void;
};

type CreateServerHandle = (
  address: string | null,
  port: number,
  addressType: number,
  fd?: number,
  flags?: number,
) => ListenHandle | number;

const IPV6_ONLY = 1;
const READABLE = 1;
const WRITABLE = 2;

function createServerHandle(): CreateServerHandle | undefined {
  return (net as unknown as { _createServerHandle?: CreateServerHandle })._createServerHandle;
}

/** @throws {HoldfastError} ERR_NODE_VERSION when this Node lacks what the primary needs to share a listening socket */
export function checkListenInternals(): void {
  if (typeof createServerHandle() === "function") return;
  throw new HoldfastError(
    "ERR_NODE_VERSION",
    `Node ${process.version} cannot share a listening socket among workers: net._createServerHandle is gone. Use a version of Node that this version of Holdfast names in its README.`,
  );
}

/** @param fd of a socket that somebody else has bound. @returns undefined for what is no stream socket */
export function openPassed(fd: number): ListenHandle | undefined {
  checkListenInternals();
  const handle = (createServerHandle() as CreateServerHandle)(null, 0, 0, fd);
  return typeof handle === "number" ? undefined : handle;
}

/** @param family 4 or 6; undefined: every address of this host. @returns the handle, or a negative errno */
export function bindTcp(
  address: string | undefined,
  family: 4 | 6 | undefined,
  port: number,
  ipv6Only: boolean,
): ListenHandle | number {
  const flags = ipv6Only ? IPV6_ONLY : 0;
  return checked(create(address ?? null, port, family ?? 4, flags), port);
}

/** @returns the handle, or a negative errno */
export function bindPipe(path: string, readableAll: boolean, writableAll: boolean): ListenHandle | number {
  const handle = create(path, -1, -1, 0);
  const mode = (readableAll ? READABLE : 0) | (writableAll ? WRITABLE : 0);
  if (typeof handle === "number" || mode === 0) return handle;
  const error = handle.fchmod?.(mode) ?? 0;
  if (error === 0) return handle;
  handle.close();
  return error;
}

function create(
  address: string | null,
  port: number,
  addressType: number,
  flags: number,
): ListenHandle | number {
  checkListenInternals();
  return (createServerHandle() as CreateServerHandle)(address, port, addressType, undefined, flags);
}

/** libuv reports EADDRINUSE late, and a socket that is not bound would get any port at all when it listens. */
function checked(handle: ListenHandle | number, port: number): ListenHandle | number {
  if (typeof handle === "number") return handle;
  const out: { port?: number } = {};
  const error = handle.getsockname?.(out) ?? 0;
  if (error === 0 && (port === 0 || out.port === port)) return handle;
  handle.close();
  return error === 0 ? -98 : error;
}
