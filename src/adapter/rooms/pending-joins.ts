/**
 * Adapter: joins that this worker has asked others for (`socketsJoin`). Until such a worker has said that it carried one out, it may
 * have members in those rooms that it has not told of. Pure.
 */

import type { Room } from "socket.io-adapter";

type Asked = { readonly number: number; readonly address: string; readonly rooms: readonly Room[] };

export class PendingJoins {
  /** By peer, in the order in which they were asked, which is the order in which they are answered. */
  readonly #asked = new Map<number, Asked[]>();
  /** How many of them there are for each room, by address, room and peer. */
  readonly #rooms = new Map<string, Map<Room, Map<number, number>>>();

  get size(): number {
    let size = 0;
    for (const asked of this.#asked.values()) size += asked.length;
    return size;
  }

  /** @param number greater than of all before it, but for its wrapping round */
  add(peer: number, asked: Asked): void {
    const before = this.#asked.get(peer);
    if (before === undefined) this.#asked.set(peer, [asked]);
    else before.push(asked);
    for (const room of asked.rooms) this.#count(peer, asked.address, room, 1);
  }

  /** This peer has carried out what it was asked with this number, and with it all that it was asked before. */
  settle(peer: number, number: number): void {
    const asked = this.#asked.get(peer);
    const index = asked?.findIndex((one) => one.number === number) ?? -1;
    if (asked === undefined || index < 0) return;
    this.#drop(peer, asked.splice(0, index + 1));
    if (asked.length === 0) this.#asked.delete(peer);
  }

  forget(peer: number): void {
    this.#drop(peer, this.#asked.get(peer) ?? []);
    this.#asked.delete(peer);
  }

  /** Calls back for each peer that may have members in this room. */
  eachIn(address: string, room: Room, visit: (peer: number) => void): void {
    if (this.#rooms.size === 0) return;
    for (const peer of this.#rooms.get(address)?.get(room)?.keys() ?? []) visit(peer);
  }

  #drop(peer: number, asked: readonly Asked[]): void {
    for (const { address, rooms } of asked) for (const room of rooms) this.#count(peer, address, room, -1);
  }

  #count(peer: number, address: string, room: Room, change: 1 | -1): void {
    const rooms = this.#rooms.get(address) ?? new Map<Room, Map<number, number>>();
    const peers = rooms.get(room) ?? new Map<number, number>();
    const count = (peers.get(peer) ?? 0) + change;
    if (count > 0) this.#rooms.set(address, rooms.set(room, peers.set(peer, count)));
    else if (peers.delete(peer) && peers.size === 0 && rooms.delete(room) && rooms.size === 0) {
      this.#rooms.delete(address);
    }
  }
}
