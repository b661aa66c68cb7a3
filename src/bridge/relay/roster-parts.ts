/** Bridge: lists of places on their way to another host, cut so that no message is very long. Pure. */

import type { Place } from "../../adapter/rooms/places.js";
import type { Roster } from "../../adapter/rooms/room-directory.js";

/** Bytes of the places in one message, about; one place may be longer. */
const PART = 1024 * 1024;

/** All places in lists of a bounded length; one list at least. @param limit bytes */
export function rosterParts(places: Iterable<readonly [string, Iterable<Place>]>, limit = PART): Roster[][] {
  const parts: Roster[][] = [];
  let part: [address: string, places: Place[]][] = [];
  let bytes = 0;
  for (const [address, all] of places) {
    let listed: Place[] | undefined;
    for (const place of all) {
      if (bytes >= limit) {
        parts.push(part);
        part = [];
        bytes = 0;
        listed = undefined;
      }
      if (listed === undefined) {
        listed = [];
        part.push([address, listed]);
        bytes += address.length + 8;
      }
      listed.push(place);
      bytes += sizeOf(place);
    }
  }
  parts.push(part);
  return parts;
}

/** In JSON, with a comma; a little less where characters need to be escaped. */
function sizeOf(place: Place): number {
  return typeof place === "string" ? Buffer.byteLength(place) + 3 : 8;
}

/** The parts of one list of all, as they come. */
export class RosterParts {
  #parts: Roster[] | undefined;

  /** Some may be missing: what has come is worth nothing. */
  drop(): void {
    this.#parts = undefined;
  }

  /** @returns everything, with the last part */
  add(
    part: readonly Roster[],
    { first, last }: { first: boolean; last: boolean },
  ): readonly Roster[] | undefined {
    if (first) this.#parts = [];
    // The beginning was missed.
    if (this.#parts === undefined) return undefined;
    for (const roster of part) this.#parts.push(roster);
    if (!last) return undefined;
    const all = this.#parts;
    this.#parts = undefined;
    return all;
  }
}
