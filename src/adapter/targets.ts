/** Adapter: which sockets a message is for, between Socket.IO's sets and the JSON of the wire. Pure. */

import type { BroadcastFlags, BroadcastOptions, Room } from "socket.io-adapter";
import { WireError } from "./wire.js";

/** Complete, unlike {@link BroadcastOptions}. */
export type Targets = { rooms: Set<Room>; except: Set<Room>; flags: BroadcastFlags };

/** As they travel; what is empty is left out. Room names keep their type where JSON knows it: `1` is not `"1"`. */
export type WireTargets = { r?: readonly Room[]; e?: readonly Room[]; f?: BroadcastFlags };

export function targetsToWire({ rooms, except, flags }: BroadcastOptions): WireTargets {
  const wire: WireTargets = {};
  if (rooms.size > 0) wire.r = [...rooms];
  if (except !== undefined && except.size > 0) wire.e = [...except];
  if (flags !== undefined && Object.keys(flags).length > 0) wire.f = flags;
  return wire;
}

/** By their options, which may be those of many messages. */
const known = new WeakMap<object, Targets>();

/** @returns to look at only @throws {WireError} */
export function targetsFromWire(options: unknown): Targets {
  const wire = objectOf(options);
  const before = known.get(wire);
  if (before !== undefined) return before;
  const { r = [], e = [], f = {} } = wire as WireTargets;
  if (!Array.isArray(r) || !Array.isArray(e) || !isObject(f)) throw new WireError("targets of a wrong shape");
  const targets = { rooms: new Set<Room>(r), except: new Set<Room>(e), flags: f };
  known.set(wire, targets);
  return targets;
}

/** @throws {WireError} unless the options have a list of rooms under this name */
export function roomsFromWire(options: unknown, name: string): Room[] {
  return listFrom(objectOf(options)[name]) as Room[];
}

/** @throws {WireError} unless the options have a list of lists of rooms under this name */
export function changesFromWire(options: unknown, name: string): Room[][] {
  return listFrom(objectOf(options)[name]).map((rooms) => listFrom(rooms) as Room[]);
}

/** @throws {WireError} unless the options have a list of pairs of an address and its rooms under this name */
export function rosterFromWire(options: unknown, name: string): [address: string, rooms: Room[]][] {
  return listFrom(objectOf(options)[name]).map((pair) => {
    const [address, rooms] = listFrom(pair);
    if (typeof address !== "string") throw new WireError("a roster without an address");
    return [address, listFrom(rooms) as Room[]];
  });
}

function listFrom(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new WireError("a list of rooms of a wrong shape");
  return value;
}

/** @throws {WireError} unless the options are an object */
export function objectOf(options: unknown): Record<string, unknown> {
  if (!isObject(options)) throw new WireError("options of a wrong shape");
  return options as Record<string, unknown>;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
