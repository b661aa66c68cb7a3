/** Adapter: what a room's name tells: whether it may be a socket's id, where that lives, and which count of the board it is in. Pure. */

import type { Room } from "socket.io-adapter";
import { BOARD_CELLS } from "../../bus/bus.js";
import { type Owner, ownerOf } from "../../routing/sid.js";

/** The namespace as a whole: who has any socket in it. No room can have this name. */
export const NAMESPACE = null;
export type Place = Room | typeof NAMESPACE;

/** The first cell counts all that the others count. */
export const ALL_PLACES = 0;

/** Ids that begin with their owner: of Socket.IO sockets, and the sids that clients of protocol 3 have for their sockets' ids too. */
const SOCKET_ID = 20;
const SID = 24;

/** The slot that this room must be in if it is the room of one socket of this host; -1 if it is no such room. */
export function slotOfRoom(room: unknown, host: number): number {
  const owner = ownerOfRoom(room);
  return owner?.host === host ? owner.slot : -1;
}

/** Where the socket lives whose room this is, by its name; undefined if it is no such room. */
export function ownerOfRoom(room: unknown): Owner | undefined {
  if (typeof room !== "string" || (room.length !== SOCKET_ID && room.length !== SID)) return undefined;
  return ownerOf(room);
}

/** Whether the room means the same in another worker. An object is a room of its own in each; JSON knows no bigint. */
export function canTravel(room: unknown): room is Room {
  return typeof room === "string" || Number.isFinite(room) || typeof room === "boolean";
}

/** Whether this worker tells when it has members there. It need not where the name says so, and cannot where it means nothing elsewhere. */
export function isAnnounced(room: Room, self: Owner): boolean {
  return canTravel(room) && slotOfRoom(room, self.host) !== self.slot;
}

/** The cell of the board that counts this place, among others. FNV-1a over the UTF-16 units of both names. */
export function cellOf(address: string, place: Place): number {
  const hash = fnv(String(place), fnv(address, 0x811c9dc5));
  return 1 + ((hash >>> 0) % (BOARD_CELLS - 1));
}

function fnv(text: string, hash: number): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
