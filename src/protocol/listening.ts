/** Protocol, pure: what a listening socket is called between a worker and the primary, and where one of a slot's own is. */

import { type SlotSockets, type SlotTarget, slotTarget } from "../config/slot-sockets.js";
import type { ListenAddress, ListenTarget } from "./messages.js";

export type ListenKeyParts = {
  readonly target: ListenTarget;
  /** A socket that the worker's slot has for itself; others of the same address are another thing. */
  readonly own: boolean;
  /** For port 0: which of the app's servers on any port this is. */
  readonly anyPort: number;
};

/** Two servers on port 0 are two sockets; the n-th of each worker shares its port with the n-th of the others. */
export function listenKey({ target, own, anyPort }: ListenKeyParts): string {
  const owner = own ? "own:" : "";
  if (target.kind === "pipe") return `${owner}pipe:${target.path}`;
  const address = `${owner}tcp:${target.host ?? ""}:${target.port}:${target.ipv6Only}`;
  return target.port === 0 ? `${address}#${anyPort}` : address;
}

/** What the app asked for, on the slot's own socket: of what it asked there stays the address, or who may connect. */
export function ownTarget(asked: ListenTarget, own: SlotTarget): ListenTarget {
  if (own.kind === "tcp") {
    const { host, ipv6Only } = asked.kind === "tcp" ? asked : { host: undefined, ipv6Only: false };
    return { ...own, ipv6Only, ...(host === undefined ? {} : { host }) };
  }
  const { readableAll, writableAll } =
    asked.kind === "pipe" ? asked : { readableAll: false, writableAll: false };
  return { ...own, readableAll, writableAll };
}

/** Whether that is the own socket of one of the first `count` slots. */
export function isSlotAddress(sockets: SlotSockets, count: number, address: ListenAddress): boolean {
  return Array.from({ length: count }, (_, slot) => slotTarget(sockets, slot)).some((target) =>
    target.kind === "pipe"
      ? target.path === address
      : typeof address !== "string" && target.port === address.port,
  );
}
