/** Primary: removes what a dead worker leaves in the runtime directory. */

import { rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { clearLoadRow } from "../protocol/load-board.js";
import { listWorkerSockets } from "../protocol/runtime-directory.js";

/** A socket file is older than this by the time that its server listens, or it never will. Milliseconds. */
const LISTEN_TIME = 1000;

/** @param alone no other worker of this slot lives, so every file of the slot is a dead one's */
export function removeWorkerFiles(directory: string, slot: number, alone: boolean): void {
  if (alone) clearLoadRow(directory, slot);
  for (const socket of socketsOf(directory, slot)) {
    if (alone) rmSync(socket.path, { force: true });
    else removeIfDead(socket.path);
  }
}

/** Of a process that is gone, and had the slot alone. */
export function removeSockets(directory: string, slot: number): void {
  for (const socket of socketsOf(directory, slot)) rmSync(socket.path, { force: true });
}

/** The fleet is at its end: no worker is left. */
export function removeAllWorkerFiles(directory: string): void {
  for (const socket of socketsOf(directory)) rmSync(socket.path, { force: true });
}

/** What an earlier fleet left behind. Workers of it that still drain answer, and keep theirs. */
export function removeDeadSockets(directory: string): void {
  for (const socket of socketsOf(directory)) removeIfDead(socket.path);
}

function socketsOf(directory: string, slot?: number): { path: string }[] {
  try {
    return listWorkerSockets(directory).filter((socket) => slot === undefined || socket.slot === slot);
  } catch {
    // The folder is gone, and its files with it.
    return [];
  }
}

/** Two workers share the slot during a reload: whoever answers on the socket lives. */
function removeIfDead(path: string): void {
  const probe = connect(path);
  probe.on("connect", () => probe.destroy());
  probe.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNREFUSED" && isOld(path)) rmSync(path, { force: true });
  });
}

/** Between bind and listen a socket refuses as well. */
function isOld(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > LISTEN_TIME;
}
