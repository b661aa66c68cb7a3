/**
 * Bridge: where the other hosts have members, as they told: which of them must get what is for a room, and, for the workers of this host, the
 * union of all, as if they were the rooms of one worker. A host whose rooms are not known gets everything.
 */

import type { Room } from "socket.io-adapter";
import { PendingJoins } from "../../adapter/rooms/pending-joins.js";
import { NAMESPACE, ownerOfRoom, type Place } from "../../adapter/rooms/places.js";
import type { Roster } from "../../adapter/rooms/room-directory.js";
import {
  addToMask,
  eachInMask,
  type Mask,
  RoomTable,
  removeFromMask,
} from "../../adapter/rooms/room-table.js";
import type { Host, Hosts } from "./hosts.js";
import { PlaceSet } from "./place-set.js";

export type ForeignRoomsOptions = {
  /** Of this host. */
  readonly self: number;
  readonly hosts: Hosts;
  /** The first member of another host is there. */
  readonly enter: (address: string, place: Place) => void;
  /** No member of another host is there any more. */
  readonly leave: (address: string, place: Place) => void;
};

export class ForeignRooms {
  /** What the workers of this host were told, by address. */
  readonly told = new Map<string, { places(): Iterable<Place> }>();
  readonly #options: ForeignRoomsOptions;
  readonly #table: RoomTable;
  readonly #pending = new PendingJoins();
  readonly #unknown: Mask = [];
  readonly #touched = new PlaceSet();
  readonly #told = new PlaceSet();

  constructor(options: ForeignRoomsOptions) {
    this.#options = options;
    this.#table = new RoomTable((address, place) => this.#touched.add(address, place));
  }

  /** Rooms with members on other hosts. */
  get size(): number {
    return this.#table.size;
  }

  /** Joins that other hosts were asked for and have not confirmed. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether of some host it is not known where its members are. */
  get isVague(): boolean {
    return this.#unknown.some((bits) => bits !== 0);
  }

  isKnown({ number }: Host): boolean {
    let unknown = false;
    eachInMask(this.#unknown, (other) => {
      unknown ||= other === number;
    });
    return !unknown;
  }

  /** Nothing is known of its rooms, or some of its news is missing: what it told stays, but it gets everything. */
  lost({ number }: Host): void {
    addToMask(this.#unknown, number);
  }

  down({ number }: Host): void {
    this.#table.forget(number);
    this.#pending.forget(number);
    removeFromMask(this.#unknown, number);
    this.#tell();
  }

  /** @param changes in order: places that it entered, then places that it left, then entered, and so on */
  changed({ number }: Host, address: string, changes: readonly (readonly Place[])[]): void {
    for (const [index, places] of changes.entries()) {
      if (index % 2 === 1) this.#table.remove(number, address, places);
      else this.#table.add(number, address, places);
    }
    this.#tell();
  }

  /** It has told everything. */
  listed({ number }: Host, rosters: readonly Roster[]): void {
    this.#table.forget(number);
    for (const [address, places] of rosters) this.#table.add(number, address, places);
    removeFromMask(this.#unknown, number);
    this.#tell();
  }

  /** Hosts are about to be asked for joins, under this number. */
  asked(hosts: readonly Host[], number: number, address: string, rooms: readonly Room[]): void {
    for (const host of hosts) this.#pending.add(host.number, { number, address, rooms });
  }

  settled(host: Host, number: number): void {
    this.#pending.settle(host.number, number);
  }

  /** The hosts that may have members in one of these rooms; without rooms, in the namespace. */
  hostsFor(address: string, rooms: ReadonlySet<Room>): readonly Host[] {
    const mask = this.#unknown.slice();
    const places: Iterable<Place> = rooms.size === 0 ? [NAMESPACE] : rooms;
    for (const place of places) {
      this.#table.collect(address, place, mask);
      if (place === NAMESPACE) continue;
      const owner = this.#options.hosts.ofNumber(ownerOfRoom(place)?.host);
      if (owner !== undefined) addToMask(mask, owner.number);
      this.#pending.eachIn(address, place, (number) => addToMask(mask, number));
    }
    return this.#options.hosts.inMask(mask);
  }

  /** What has changed for the workers of this host, at once: a count that they see before any message tells them. */
  #tell(): void {
    for (const [address, place] of this.#touched.takeAll()) {
      if (!this.#isTold(place)) continue;
      const isThere = this.#table.has(address, place);
      if (isThere === this.#told.has(address, place)) continue;
      if (isThere) this.#enter(address, place);
      else this.#leave(address, place);
    }
  }

  /** Whatever is named like a socket of another host comes here anyway. */
  #isTold(place: Place): boolean {
    const owner = ownerOfRoom(place);
    return owner === undefined || owner.host === this.#options.self;
  }

  #enter(address: string, place: Place): void {
    this.#told.add(address, place);
    if (!this.told.has(address)) this.told.set(address, { places: () => this.#told.of(address) });
    this.#options.enter(address, place);
  }

  #leave(address: string, place: Place): void {
    this.#told.delete(address, place);
    if (!this.#told.hasAny(address)) this.told.delete(address);
    this.#options.leave(address, place);
  }
}
