/** Adapter: what is said of moving sessions, as the parts work with it. Pure. */

import type { LocalSocket } from "../internals.js";
import { WireError } from "../wire.js";

/** A socket that leaves or arrives. */
export type Moving = { readonly namespace: { readonly adapter: object }; readonly socket: LocalSocket };

export function byAdapter(sockets: readonly Moving[]): Map<unknown, Set<object>> {
  const groups = new Map<unknown, Set<object>>();
  for (const { namespace, socket } of sockets) {
    groups.set(namespace.adapter, (groups.get(namespace.adapter) ?? new Set()).add(socket));
  }
  return groups;
}

/** @throws {WireError} */
export function numberOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new WireError("a number of a wrong shape");
  return value as number;
}

/** @throws {WireError} */
export function keysOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw new WireError("a list of workers of a wrong shape");
  return value.map(String);
}
