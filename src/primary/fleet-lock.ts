/**
 * Primary: one fleet of a name on a host. Whoever makes the lock file has the name. A lock whose owner is dead is taken over; of
 * several that try at once exactly one succeeds, since a hard link is made only where there is no file.
 */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf, HoldfastError } from "../base/errors.js";
import { ensureFleetDirectory, lockFile, primarySocket } from "../protocol/runtime-directory.js";
import { findRunningPrimary } from "./find-running-primary.js";
import { isAlive, processStart } from "./process-start.js";

/** Who took over a dead one's lock looks again after this long whether another did so too. Milliseconds. */
const SETTLE_TIME = 100;

export class FleetLock {
  readonly #path: string;
  readonly #content: string;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
  }

  /** @param directory is made if it is not there @throws {HoldfastError} ERR_FLEET_RUNNING, ERR_RUNTIME_DIRECTORY */
  static async acquire(directory: string, name: string): Promise<FleetLock> {
    const lock = new FleetLock(lockFile(directory), `${process.pid} ${processStart(process.pid) ?? ""}`);
    while (!(await lock.#try(directory, name)));
    return lock;
  }

  /** @returns false when somebody else moved in between and it is to be tried again */
  async #try(directory: string, name: string): Promise<boolean> {
    ensureFleetDirectory(directory);
    const running = await findRunningPrimary(primarySocket(directory));
    if (running !== undefined && running !== process.pid) throw alreadyRuns(name, running);
    const tookOver = this.#removeDead(name);
    if (!this.#make()) return false;
    if (!tookOver) return true;
    await pause(SETTLE_TIME);
    return this.#isMine();
  }

  /** Gives the name back. Somebody else's lock is left alone. */
  release(): void {
    if (this.#isMine()) rmSync(this.#path, { force: true });
  }

  #isMine(): boolean {
    return read(this.#path) === this.#content;
  }

  /** @returns false when somebody has the name, or removed the folder as its fleet ended. The file is never seen half-written. */
  #make(): boolean {
    const draft = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(draft, this.#content, { mode: 0o600 });
      linkSync(draft, this.#path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST" || codeOf(error) === "ENOENT") return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** @returns whether there was a dead one's lock @throws {HoldfastError} ERR_FLEET_RUNNING when its owner lives */
  #removeDead(name: string): boolean {
    const content = read(this.#path);
    if (content === undefined) return false;
    const owner = livingOwner(content);
    if (owner !== undefined) throw alreadyRuns(name, owner);
    const aside = `${this.#path}.${process.pid}.dead`;
    try {
      renameSync(this.#path, aside);
      // Somebody was quicker, and this is a living one's lock: it goes back to where it was.
      if (read(aside) !== content) linkSync(aside, this.#path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EEXIST") throw error;
    } finally {
      rmSync(aside, { force: true });
    }
    return true;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @returns the pid, if the very process that wrote the lock is alive */
function livingOwner(content: string): number | undefined {
  const [text = "", start = ""] = content.split(" ");
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || !isAlive(pid)) return undefined;
  return start === "" || start === processStart(pid) ? pid : undefined;
}

function alreadyRuns(name: string, pid: number): HoldfastError {
  return new HoldfastError(
    "ERR_FLEET_RUNNING",
    `A fleet named "${name}" already runs (pid ${pid}). Stop it with "holdfast stop --name ${name}", or choose another name with --name.`,
  );
}
