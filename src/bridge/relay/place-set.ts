/** Bridge: a set of places, by address. Pure. */

import type { Place } from "../../adapter/rooms/places.js";

export class PlaceSet {
  #places = new Map<string, Set<Place>>();

  get size(): number {
    let size = 0;
    for (const places of this.#places.values()) size += places.size;
    return size;
  }

  add(address: string, place: Place): void {
    const places = this.#places.get(address);
    if (places === undefined) this.#places.set(address, new Set([place]));
    else places.add(place);
  }

  delete(address: string, place: Place): void {
    const places = this.#places.get(address);
    if (places?.delete(place) && places.size === 0) this.#places.delete(address);
  }

  has(address: string, place: Place): boolean {
    return this.#places.get(address)?.has(place) === true;
  }

  hasAny(address: string): boolean {
    return this.#places.has(address);
  }

  of(address: string): Iterable<Place> {
    return this.#places.get(address) ?? [];
  }

  addresses(): Iterable<string> {
    return this.#places.keys();
  }

  entries(): Iterable<readonly [address: string, places: ReadonlySet<Place>]> {
    return this.#places;
  }

  /** All, which are in it no longer. */
  *takeAll(): Iterable<readonly [address: string, place: Place]> {
    if (this.#places.size === 0) return;
    const all = this.#places;
    this.#places = new Map();
    for (const [address, places] of all) for (const place of places) yield [address, place];
  }
}
