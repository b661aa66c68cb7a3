/**
 * Adapter: the room that is named like a socket usually holds that socket alone, so what is for it need not leave its worker
 * (with connection state recovery every `socket.emit` is a broadcast to that room). But any socket may join it: a worker whose
 * socket does so tells the others, and the owner publishes from then on. Pure.
 */

import type { Room } from "socket.io-adapter";

/** What Socket.IO makes for clients of protocol 4 and later; rooms of another form are always published to. */
const SOCKET_ID = /^[\w-]{20}$/;

type Sockets = { has(id: Room): boolean };

export class SharedRooms {
  readonly #shared = new Set<Room>();
  readonly #sockets: Sockets;

  /** @param sockets those of this worker */
  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  /** Whether no other worker can have a socket in any of these rooms. */
  areLocal(rooms: ReadonlySet<Room>): boolean {
    if (rooms.size === 0) return false;
    for (const room of rooms) {
      if (!this.#sockets.has(room) || !SOCKET_ID.test(room) || this.#shared.has(room)) return false;
    }
    return true;
  }

  /** Another worker has, or is about to have, sockets in these rooms. */
  share(rooms: readonly Room[]): void {
    for (const room of rooms) if (this.#sockets.has(room)) this.#shared.add(room);
  }

  forget(id: Room): void {
    this.#shared.delete(id);
  }

  /** Those of the rooms that may be named like a socket of another worker. */
  foreign(rooms: Iterable<Room>): Room[] {
    const foreign: Room[] = [];
    for (const room of rooms) if (SOCKET_ID.test(room) && !this.#sockets.has(room)) foreign.push(room);
    return foreign;
  }
}
