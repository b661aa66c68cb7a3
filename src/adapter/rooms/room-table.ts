/**
 * Adapter: which peers have members in which rooms, as they told. Pure. A peer is a number here; a room has a mask of the peers in
 * it: what a hundred thousand rooms cost does not depend on how many workers have members. One mask holds 31 peers.
 */

import type { Place } from "./places.js";

/** A set of peers: peer n is bit n % 31 of element n / 31. */
export type Mask = number[];

const BITS = 31;

export function addToMask(mask: Mask, peer: number): void {
  const at = Math.floor(peer / BITS);
  while (mask.length <= at) mask.push(0);
  mask[at] = (mask[at] ?? 0) | (1 << (peer % BITS));
}

export function removeFromMask(mask: Mask, peer: number): void {
  const at = Math.floor(peer / BITS);
  if (at < mask.length) mask[at] = (mask[at] ?? 0) & ~(1 << (peer % BITS));
}

/** In ascending order. */
export function eachInMask(mask: Mask, visit: (peer: number) => void): void {
  for (let at = 0; at < mask.length; at++) {
    for (let bits = mask[at] ?? 0; bits !== 0; bits &= bits - 1) {
      visit(at * BITS + 31 - Math.clz32(bits & -bits));
    }
  }
}

type Namespaces = Map<string, Map<Place, number>>;

export class RoomTable {
  /** One for each element of a mask. */
  readonly #groups: Namespaces[] = [];
  readonly #onPlace: ((address: string, place: Place) => void) | undefined;

  /** @param onPlace called where a peer may be new in a place, or may have left it */
  constructor(onPlace?: (address: string, place: Place) => void) {
    this.#onPlace = onPlace;
  }

  /** Rooms with members on other workers, and namespaces. */
  get size(): number {
    let size = 0;
    for (const group of this.#groups) for (const rooms of group.values()) size += rooms.size;
    return size;
  }

  add(peer: number, address: string, places: readonly Place[]): void {
    const at = Math.floor(peer / BITS);
    while (this.#groups.length <= at) this.#groups.push(new Map());
    const group = this.#groups[at] as Namespaces;
    const rooms = group.get(address) ?? new Map<Place, number>();
    group.set(address, rooms);
    const bit = 1 << (peer % BITS);
    for (const place of places) rooms.set(place, (rooms.get(place) ?? 0) | bit);
    if (this.#onPlace !== undefined) for (const place of places) this.#onPlace(address, place);
  }

  /** Whether anybody has members there. */
  has(address: string, place: Place): boolean {
    return this.#groups.some((group) => group.get(address)?.has(place));
  }

  remove(peer: number, address: string, places: readonly Place[]): void {
    const group = this.#groups[Math.floor(peer / BITS)];
    const rooms = group?.get(address);
    if (group === undefined || rooms === undefined) return;
    const bit = 1 << (peer % BITS);
    for (const place of places) clearBit(rooms, place, bit);
    if (rooms.size === 0) group.delete(address);
    if (this.#onPlace !== undefined) for (const place of places) this.#onPlace(address, place);
  }

  /** Everything that this peer told. */
  forget(peer: number): void {
    const bit = 1 << (peer % BITS);
    const group = this.#groups[Math.floor(peer / BITS)] ?? new Map();
    for (const [address, rooms] of group) {
      for (const place of rooms.keys()) {
        if (clearBit(rooms, place, bit)) this.#onPlace?.(address, place);
      }
      if (rooms.size === 0) group.delete(address);
    }
  }

  /** Adds those who have members there to `mask`. */
  collect(address: string, place: Place, mask: Mask): void {
    for (let at = 0; at < this.#groups.length; at++) {
      const bits = this.#groups[at]?.get(address)?.get(place);
      if (bits === undefined) continue;
      while (mask.length <= at) mask.push(0);
      mask[at] = (mask[at] ?? 0) | bits;
    }
  }
}

/** @returns whether the peer was there */
function clearBit(rooms: Map<Place, number>, place: Place, bit: number): boolean {
  const bits = rooms.get(place);
  if (bits === undefined || (bits & bit) === 0) return false;
  if ((bits & ~bit) === 0) rooms.delete(place);
  else rooms.set(place, bits & ~bit);
  return true;
}
