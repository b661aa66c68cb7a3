/**
 * Adapter, in a worker: which peers must get what is for a room. Where a peer's news may still be under way, or were lost, it gets
 * everything: too many are told sometimes, too few never.
 */

import type { Room } from "socket.io-adapter";
import { BOARD_CELLS, type Bus, type Peer } from "../../bus/bus.js";
import { BRIDGE_SLOT } from "../../protocol/bridge-messages.js";
import { PendingJoins } from "./pending-joins.js";
import { ALL_PLACES, canTravel, cellOf, NAMESPACE, ownerOfRoom, type Place } from "./places.js";
import { addToMask, eachInMask, type Mask, RoomTable, removeFromMask } from "./room-table.js";

const NOBODY: readonly number[] = [];

/** The places of one namespace, by address. */
export type Roster = readonly [address: string, places: readonly Place[]];

type Known = {
  readonly peer: Peer;
  /** Its row of the board; -1 when it has none. */
  readonly row: number;
  /** What the board showed when it told what we know; undefined until it has told everything once. */
  counts: Uint32Array | undefined;
};

export class RoomDirectory {
  /** Deliveries to a peer only because its news was under way. */
  wide = 0;
  readonly #bus: Bus;
  readonly #table: RoomTable;
  readonly #pending = new PendingJoins();
  /** By number; a number is used again when its peer is gone. */
  readonly #known: (Known | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  /** Those who get everything. */
  readonly #unknown: Mask = [];
  /** Bridges that must get everything, as they do not know all rooms of the other hosts. */
  readonly #wide: Mask = [];

  /** @param onPlace called where a peer may be new in a place, or may have left it */
  constructor(bus: Bus, onPlace?: (address: string, place: Place) => void) {
    this.#bus = bus;
    this.#table = new RoomTable(onPlace);
    for (const peer of bus.peers()) this.peerUp(peer);
  }

  /** Rooms with members on other workers. */
  get size(): number {
    return this.#table.size;
  }

  /** Whether of some peer it is not known where its members are. */
  get isVague(): boolean {
    return this.#unknown.some((bits) => bits !== 0);
  }

  /** Whether any peer has told of members there. */
  has(address: string, place: Place): boolean {
    return this.#table.has(address, place);
  }

  /** Joins that were asked for and not answered. */
  get pending(): number {
    return this.#pending.size;
  }

  peerUp(peer: Peer): void {
    let number = this.#known.indexOf(undefined);
    if (number < 0) number = this.#known.length;
    this.#known[number] = {
      peer,
      row: this.#bus.board?.rowOf(peer.identity) ?? -1,
      counts: undefined,
    };
    this.#numbers.set(peer.key, number);
    addToMask(this.#unknown, number);
  }

  peerDown({ key }: Peer): void {
    const number = this.#numbers.get(key);
    if (number === undefined) return;
    this.#table.forget(number);
    this.#pending.forget(number);
    removeFromMask(this.#unknown, number);
    removeFromMask(this.#wide, number);
    this.#numbers.delete(key);
    this.#known[number] = undefined;
  }

  /** @param on whether it must get everything, whatever it has told */
  getsAll({ key }: Peer, on: boolean): void {
    const number = this.#numbers.get(key);
    if (number === undefined) return;
    if (on) addToMask(this.#wide, number);
    else removeFromMask(this.#wide, number);
  }

  /** Some of its news is missing: nothing of what it told is worth anything until it has told everything again. */
  lost({ key }: Peer): void {
    const number = this.#numbers.get(key);
    const known = this.#at(number);
    if (number === undefined || known === undefined) return;
    this.#table.forget(number);
    known.counts = undefined;
    addToMask(this.#unknown, number);
  }

  /** @param changes in order: places that it entered, then places that it left, then entered, and so on */
  changed({ key }: Peer, address: string, changes: readonly (readonly Place[])[]): void {
    const number = this.#numbers.get(key);
    if (number === undefined) return;
    for (const [index, places] of changes.entries()) {
      if (index % 2 === 1) this.#table.remove(number, address, places);
      else this.#entered(number, address, places);
    }
  }

  /** It has told everything, up to these counts of its own. */
  listed({ key }: Peer, roster: readonly Roster[], counts: Uint32Array): void {
    const number = this.#numbers.get(key);
    const known = this.#at(number);
    if (number === undefined || known === undefined) return;
    this.#table.forget(number);
    for (const [address, places] of roster) this.#table.add(number, address, places);
    // Who is not on the board cannot show that news is under way.
    if (known.row < 0 || counts.length !== BOARD_CELLS) return;
    known.counts = counts;
    removeFromMask(this.#unknown, number);
  }

  /** Peers are about to be asked for joins, under this number. */
  asked(peers: readonly Peer[], number: number, address: string, rooms: readonly Room[]): void {
    for (const { key } of peers) {
      const peer = this.#numbers.get(key);
      if (peer !== undefined) this.#pending.add(peer, { number, address, rooms });
    }
  }

  settled({ key }: Peer, number: number): void {
    const peer = this.#numbers.get(key);
    if (peer !== undefined) this.#pending.settle(peer, number);
  }

  /** The peers that may have members in one of these rooms; without rooms, in the namespace. */
  peersFor(address: string, rooms: ReadonlySet<Room>): readonly Peer[] {
    const everybody = this.#bus.peers();
    if (everybody.length === 0) return everybody;
    const mask = this.#everything();
    const places: Iterable<Place> = rooms.size === 0 ? [NAMESPACE] : rooms;
    for (const place of places) {
      if (place !== NAMESPACE && !canTravel(place)) return everybody;
      this.#table.collect(address, place, mask);
      if (place === NAMESPACE) continue;
      this.#addOwners(place, mask);
      this.#pending.eachIn(address, place, (peer) => addToMask(mask, peer));
    }
    this.#addLate(address, places, mask);
    return this.#peersIn(mask);
  }

  #at(number: number | undefined): Known | undefined {
    return number === undefined ? undefined : this.#known[number];
  }

  #entered(number: number, address: string, places: readonly Place[]): void {
    this.#table.add(number, address, places);
    const counts = this.#at(number)?.counts;
    if (counts === undefined) return;
    counts[ALL_PLACES] = (counts[ALL_PLACES] ?? 0) + places.length;
    for (const place of places) {
      const cell = cellOf(address, place);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }

  /** Those who get everything. */
  #everything(): Mask {
    const mask = this.#unknown.slice();
    for (let at = 0; at < this.#wide.length; at++) mask[at] = (mask[at] ?? 0) | (this.#wide[at] ?? 0);
    return mask;
  }

  /** A room that is named like a socket is where that socket lives, without anybody having told. */
  #addOwners(room: Room, mask: Mask): void {
    const owner = ownerOfRoom(room);
    if (owner === undefined) return;
    // All sockets of other hosts are the bridge's.
    const slot = owner.host === this.#bus.self.identity.host ? owner.slot : BRIDGE_SLOT;
    for (const [number, known] of this.#known.entries()) {
      if (known?.peer.identity.slot === slot) addToMask(mask, number);
    }
  }

  /** Those who have entered one of these places, or another of the same count, and whose news has not arrived. */
  #addLate(address: string, places: Iterable<Place>, mask: Mask): void {
    if (this.#late(ALL_PLACES).length === 0) return;
    for (const place of places) {
      for (const number of this.#late(cellOf(address, place))) {
        this.wide += 1;
        addToMask(mask, number);
      }
    }
  }

  /** Those whose cell on the board is not what they have told. */
  #late(cell: number): readonly number[] {
    const row = this.#bus.board?.read(cell);
    let late: number[] | undefined;
    // With each broadcast: nothing is made where nobody is late.
    for (let number = 0; number < this.#known.length; number++) {
      const known = this.#known[number];
      if (known?.counts === undefined || row?.[known.row] === known.counts[cell]) continue;
      late ??= [];
      late.push(number);
    }
    return late ?? NOBODY;
  }

  #peersIn(mask: Mask): readonly Peer[] {
    const peers: Peer[] = [];
    eachInMask(mask, (number) => {
      const peer = this.#known[number]?.peer;
      if (peer !== undefined) peers.push(peer);
    });
    return peers;
  }
}
