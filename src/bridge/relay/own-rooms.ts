/**
 * Bridge: where the workers of this host have members, all together, for the other hosts: the first that enters a place and the last that
 * leaves it are news. Told at the end of a turn and before any other message. While of some worker nobody knows where its members
 * are, no place is given up: it may be just telling.
 */

import { ownerOfRoom, type Place } from "../../adapter/rooms/places.js";
import { type MessageDraft, MessageKind } from "../../adapter/wire.js";
import { PlaceSet } from "./place-set.js";
import { rosterParts } from "./roster-parts.js";

export type OwnRoomsOptions = {
  /** Of this host. */
  readonly self: number;
  /** Whether any worker has told of members there. */
  readonly isPlace: (address: string, place: Place) => boolean;
  readonly isVague: () => boolean;
  /** To all other hosts. */
  readonly send: (draft: MessageDraft) => void;
};

export class OwnRooms {
  readonly #options: OwnRoomsOptions;
  /** What the other hosts were told. */
  readonly #told = new PlaceSet();
  readonly #touched = new PlaceSet();
  #scheduled = false;

  constructor(options: OwnRoomsOptions) {
    this.#options = options;
  }

  /** Places of which the other hosts were told. */
  get size(): number {
    return this.#told.size;
  }

  /** The addresses of this namespace, whatever the server, at which somebody has members. */
  addressesOf(namespace: string): string[] {
    const isOf = (address: string): boolean => address === namespace || address.endsWith(`\n${namespace}`);
    return [...this.#told.addresses()].filter(isOf);
  }

  /** A worker may be new in a place, or may have left it. */
  touch(address: string, place: Place): void {
    // Nobody needs to be told where the sockets of this host are.
    if (ownerOfRoom(place)?.host === this.#options.self) return;
    this.#touched.add(address, place);
    this.schedule();
  }

  /** What was held back may be told at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#touched.size === 0) return;
    const entered = new PlaceSet();
    const left = new PlaceSet();
    const isVague = this.#options.isVague();
    for (const [address, place] of [...this.#touched.takeAll()]) {
      const isThere = this.#options.isPlace(address, place);
      if (isThere === this.#told.has(address, place)) continue;
      if (isThere) entered.add(address, place);
      else if (isVague) this.#touched.add(address, place);
      else left.add(address, place);
    }
    this.#tell(entered, (places) => [places]);
    this.#tell(left, (places) => [[], places]);
    for (const [address, place] of entered.takeAll()) this.#told.add(address, place);
    for (const [address, place] of left.takeAll()) this.#told.delete(address, place);
  }

  /** Everything, for one that knows nothing. @param request where not 0, the last is answered by SETTLED with this number */
  roster(request: number): MessageDraft[] {
    const parts = rosterParts(this.#told.entries());
    return parts.map((n, index) => {
      const isLast = index === parts.length - 1;
      const options = { n, first: index === 0, last: isLast };
      return { kind: MessageKind.ROSTER, request: isLast ? request : 0, options };
    });
  }

  #tell(places: PlaceSet, changes: (places: readonly Place[]) => readonly (readonly Place[])[]): void {
    for (const part of places.size === 0 ? [] : rosterParts(places.entries())) {
      for (const [address, some] of part) {
        this.#options.send({ kind: MessageKind.ROOMS, address, options: { c: changes(some) } });
      }
    }
  }
}
