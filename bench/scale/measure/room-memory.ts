/** Paper scale: memory of one room in the real table of rooms, as bridges and workers keep it. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { RoomTable } from "../../../src/adapter/rooms/room-table.js";

/** Peers that tell of the room; they share one entry. */
const PEERS = 4;

/** @param rooms how many to measure with @returns bytes for each, its name of 14 characters among them */
export async function measureRoom(rooms: number): Promise<number> {
  const before = await heapInUse();
  const table = new RoomTable();
  for (let peer = 0; peer < PEERS; peer += 1) {
    for (let room = 0; room < rooms; room += 1) {
      // As it comes from a message: a string of its own each time.
      table.add(peer, "/", [Buffer.from(`room-${String(room).padStart(9, "0")}`).toString("latin1")]);
    }
  }
  const after = await heapInUse();
  if (table.size !== rooms) throw new Error("the table is not what was put into it");
  return (after - before) / rooms;
}

/** Bytes, once what is not in use any more is gone. */
async function heapInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let turn = 0; turn < 4; turn += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
