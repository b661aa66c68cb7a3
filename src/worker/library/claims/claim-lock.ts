/**
 * Worker without a primary: the lock under which slots are taken. Held for a few file operations; one whose holder died is
 * removed by whoever waits for it.
 */

import { rmSync } from "node:fs";
import { HoldfastError, messageOf } from "../../../base/errors.js";
import type { ClaimFolder } from "./claim-folder.js";

/** One and the same process has had the lock for so long: it may be dead. Milliseconds. */
const SUSPECT_AFTER = 200;
/** It lives, and does not go on. Milliseconds. */
const GIVE_UP_AFTER = 10_000;
const PAUSE = 5;

/** @throws {HoldfastError} ERR_CLAIM_LOCK, and whatever `action` throws */
export function underLock<T>(folder: ClaimFolder, action: () => T): T {
  const path = folder.lockPath;
  take(folder, path);
  try {
    return action();
  } finally {
    // Ours: nobody removes a living one's.
    rmSync(path, { force: true });
  }
}

function take(folder: ClaimFolder, path: string): void {
  let owner: string | undefined;
  let since = Date.now();
  let suspected = since;
  while (!made(folder, path)) {
    const now = Date.now();
    const current = folder.read(path)?.id;
    if (current !== owner) {
      owner = current;
      since = now;
      suspected = now;
    }
    if (now - since > GIVE_UP_AFTER) throw refused(path, "another process has held it for 10 s");
    if (now - suspected > SUSPECT_AFTER) {
      removeIfDead(folder, path);
      suspected = now;
    }
    pause();
  }
}

function made(folder: ClaimFolder, path: string): boolean {
  try {
    return folder.link(path);
  } catch (cause) {
    throw refused(path, messageOf(cause), cause);
  }
}

/**
 * Several may find the same dead owner, and by the time that one of them removes its lock another's may be there. So only that one
 * may remove it who makes a file named after the owner: from then on until that file is gone, nobody else can have changed the
 * lock of this owner. Should that one die too, its file is removed in the same way.
 */
function removeIfDead(folder: ClaimFolder, path: string): void {
  const owner = folder.read(path);
  if (owner === undefined || folder.lives(owner)) return;
  const right = `${path}.${owner.id}`;
  if (!made(folder, right)) {
    removeIfDead(folder, right);
    return;
  }
  if (folder.read(path)?.id === owner.id) rmSync(path, { force: true });
  rmSync(right, { force: true });
}

/** The call is synchronous, as `holdfast(io)` is: the slot must be known before the first handshake. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE * (0.5 + Math.random()));
}

function refused(path: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError("ERR_CLAIM_LOCK", `The lock ${path} could not be taken: ${why}.`, { cause });
}
