/**
 * Worker without a primary: takes a slot number that no living process of the fleet has. A slot is a small file with the pid of its
 * holder; files are only changed under the fleet's lock, and a holder that died gives its slot back by being dead.
 */

import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { HoldfastError } from "../base/errors.js";
import { MAX_SLOTS } from "../config/limits.js";
import { listWorkerSockets } from "../protocol/runtime-directory.js";

/** The lock is held for a few file operations; an older one was left by a process that died in between. Milliseconds. */
const LOCK_EXPIRES = 2000;
const LOCK_WAIT = 5000;

/**
 * @param preferred the slot to try first, such as PM2's `NODE_APP_INSTANCE`
 * @returns the slot, held until this process ends
 * @throws {HoldfastError} ERR_NO_SLOT when all 1296 are taken, ERR_CLAIM_LOCK when the lock does not get free
 */
export function claimSlot(directory: string, preferred: number | undefined): number {
  return underLock(join(directory, "claim"), () => {
    for (const slot of candidates(preferred)) if (take(directory, slot)) return slot;
    throw new HoldfastError(
      "ERR_NO_SLOT",
      `All ${MAX_SLOTS} slots in ${directory} are taken: split the app into fleets with names of their own.`,
    );
  });
}

/** Gives the slot back early; a process that just ends need not. */
export function releaseSlot(directory: string, slot: number): void {
  rmSync(slotFile(directory, slot), { force: true });
}

function* candidates(preferred: number | undefined): Generator<number> {
  if (preferred !== undefined && Number.isInteger(preferred) && preferred >= 0 && preferred < MAX_SLOTS)
    yield preferred;
  for (let slot = 0; slot < MAX_SLOTS; slot++) yield slot;
}

const slotFile = (directory: string, slot: number): string => join(directory, `s${slot}`);

function take(directory: string, slot: number): boolean {
  const file = slotFile(directory, slot);
  const holder = readHolder(file);
  if (holder !== undefined && isSameProcess(holder)) return false;
  writeFileSync(file, describe(process.pid), { mode: 0o600 });
  // Whoever had the slot is dead, and so are its sockets.
  for (const socket of listWorkerSockets(directory))
    if (socket.slot === slot) rmSync(socket.path, { force: true });
  return true;
}

function readHolder(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Pid and, where the system tells, the time it began: a pid alone may be somebody else's by now. */
function describe(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22 of proc(5), counted behind the command's closing bracket.
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return `${pid}`;
  }
}

function isSameProcess(holder: string): boolean {
  const pid = Number(holder.split(" ")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return describe(pid) === holder;
}

function underLock<T>(path: string, action: () => T): T {
  const file = acquire(path);
  try {
    return action();
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}

function acquire(path: string): number {
  const until = Date.now() + LOCK_WAIT;
  for (;;) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, `${process.pid}`);
      return file;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST" || Date.now() > until) {
        throw new HoldfastError(
          "ERR_CLAIM_LOCK",
          `The lock ${path} could not be taken: ${(cause as Error).message}.`,
          { cause },
        );
      }
      removeIfExpired(path);
      // The call is synchronous, as `holdfast(io)` is: the slot must be known before the first handshake.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function removeIfExpired(path: string): void {
  try {
    if (Date.now() - statSync(path).mtimeMs > LOCK_EXPIRES) unlinkSync(path);
  } catch {
    // Released, or removed by somebody else, in between.
  }
}
