/**
 * Worker: numbers under which clients answer. A client answers the old worker and the new one under the same kind of number, so the new one
 * begins where the old one will not get while it still runs.
 */

import type { Namespace, SocketIoInside } from "../../internals/socket-io-session.js";

/** Events with an answer that an old worker may still send while its sessions move. */
const HEADROOM = 1_000_000;
/** From here on the numbers of broadcasts are drawn. */
const CEILING = 2 ** 30;

/** @returns the number from which the new worker begins */
export function ackFloor(servers: readonly SocketIoInside[]): number {
  let highest = 0;
  for (const { _nsps } of servers) for (const { _ids } of _nsps.values()) highest = Math.max(highest, _ids);
  const floor = highest + HEADROOM;
  return floor + HEADROOM < CEILING ? floor : 0;
}

export function raise(namespace: Namespace, floor: number): void {
  if (namespace._ids < floor) namespace._ids = floor;
}
