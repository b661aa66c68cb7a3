/**
 * Adapter, in the old worker: sockets that have left and have not arrived: nobody else knows of them. They are described to those who
 * look for sockets, and named to those who count the answers of clients.
 */

import type { BroadcastOptions, Room } from "socket.io-adapter";
import type { Position } from "../session-moves.js";

/** A socket that has left. */
export type DepartedSocket = {
  readonly id: string;
  /** Where this worker was before it left. */
  readonly at: Position;
  /** Of its namespace. */
  readonly adapter: object;
  /** As they were; joins and leaves that were asked for since are in it. */
  readonly rooms: Set<Room>;
  /** What Socket.IO's RemoteSocket is made of, with the rooms as they were. */
  readonly details: object;
};

/** As they would be described where they are. */
export function describeDeparted(sockets: readonly DepartedSocket[]): object[] {
  return sockets.map(({ details, rooms }) => ({ ...details, rooms: [...rooms] }));
}

export class DepartedSockets {
  readonly #sockets = new Map<string, DepartedSocket>();

  get size(): number {
    return this.#sockets.size;
  }

  add(socket: DepartedSocket): void {
    this.#sockets.set(socket.id, socket);
  }

  delete(id: string): void {
    this.#sockets.delete(id);
  }

  clear(): void {
    this.#sockets.clear();
  }

  /** Of the one that left first. */
  oldest(): Position | undefined {
    for (const { at } of this.#sockets.values()) return at;
    return undefined;
  }

  /** Those of this namespace that `options` choose. */
  matching(adapter: object | undefined, { rooms, except }: BroadcastOptions): DepartedSocket[] {
    return [...this.#sockets.values()].filter((socket) => {
      if (socket.adapter !== adapter) return false;
      const isIn = (room: Room): boolean => socket.rooms.has(room);
      return (rooms.size === 0 || [...rooms].some(isIn)) && ![...(except ?? [])].some(isIn);
    });
  }
}
