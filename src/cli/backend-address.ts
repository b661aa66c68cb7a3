/** CLI: addresses of backends, checked letter by letter: what passes stands in configurations as it is. Pure. */

import { isIPv6 } from "node:net";
import { MAX_PORT, MAX_SOCKET_PATH } from "../config/limits.js";

/** Why an address cannot be used: ends a sentence that begins with its place. */
export class AddressProblem extends Error {}

/** @param written HOST:PORT, [IPv6]:PORT or unix:/path @returns the same @throws {AddressProblem} */
export function backendAddress(written: string): string {
  if (written.startsWith("unix:")) return socketAddress(written.slice("unix:".length));
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(written);
  const port = Number(match?.[3]);
  const known = match !== null && (match[1] === undefined || isIPv6(match[1]));
  if (known && port >= 1 && port <= MAX_PORT) return written;
  throw new AddressProblem(
    `must be HOST:PORT or unix:/path, such as 10.0.0.7:4000, but is ${JSON.stringify(written)}`,
  );
}

/** @param path of a Unix socket @throws {AddressProblem} */
export function socketAddress(path: string): string {
  if (!/^\/[\w./@%+,~-]+$/.test(path)) {
    throw new AddressProblem(
      `has the socket ${JSON.stringify(path)}, which must be an absolute path of letters, digits and . / _ - @ % + , ~`,
    );
  }
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return `unix:${path}`;
  throw new AddressProblem(
    `has the socket ${path}, whose path is longer than ${MAX_SOCKET_PATH} bytes: choose a shorter folder`,
  );
}

/** IPv6 in brackets. @throws {AddressProblem} */
export function tcpAddress(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return backendAddress(bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`);
}
