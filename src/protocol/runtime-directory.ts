/** Protocol: where the processes of a fleet meet on disk, and what the files there are called. */

import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HoldfastError, UsageError } from "../base/errors.js";
import { MAX_SOCKET_PATH } from "../config/limits.js";

/** Longest file name that we put into the directory. */
const LONGEST_FILE = "/w1295.zzzzzzzzzzzz.sock".length;

const FLEET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws {UsageError} ERR_FLEET_NAME */
export function checkFleetName(name: string): string {
  if (FLEET_NAME.test(name)) return name;
  throw new UsageError(
    "ERR_FLEET_NAME",
    `The fleet name ${JSON.stringify(name)} cannot be used: write 1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit.`,
  );
}

/** The folder of one fleet: `HOLDFAST_RUNTIME_DIR`, else `XDG_RUNTIME_DIR/holdfast`, else a folder of this user in the temporary directory. */
export function fleetDirectory(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const directory = join(runtimeDirectory(env), checkFleetName(name));
  if (Buffer.byteLength(directory) + LONGEST_FILE > MAX_SOCKET_PATH) {
    throw new UsageError(
      "ERR_RUNTIME_DIRECTORY",
      `The folder ${directory} is too long for Unix sockets (at most ${MAX_SOCKET_PATH - LONGEST_FILE} bytes): set HOLDFAST_RUNTIME_DIR to a shorter one, or choose a shorter --name.`,
    );
  }
  return directory;
}

/** Holds one folder for each fleet of this user. */
export function runtimeDirectory(env: NodeJS.ProcessEnv): string {
  if (env.HOLDFAST_RUNTIME_DIR) return env.HOLDFAST_RUNTIME_DIR;
  if (env.XDG_RUNTIME_DIR && existsSync(env.XDG_RUNTIME_DIR)) return join(env.XDG_RUNTIME_DIR, "holdfast");
  return join(tmpdir(), `holdfast-${userNumber()}`);
}

/** In a container a user often has a number and no name: whoever asks the system for more than the number gets an error. */
function userNumber(): number {
  return process.getuid?.() ?? -1;
}

/**
 * Makes the folder, for this user only.
 * @throws {HoldfastError} ERR_RUNTIME_DIRECTORY when it belongs to somebody else or cannot be made
 */
export function ensureFleetDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const uid = userNumber();
    if (uid >= 0 && statSync(directory).uid !== uid) throw new Error("it belongs to another user");
    chmodSync(directory, 0o700);
  } catch (cause) {
    throw new HoldfastError(
      "ERR_RUNTIME_DIRECTORY",
      `The folder ${directory} cannot be used for sockets: ${(cause as Error).message}. Set HOLDFAST_RUNTIME_DIR to a folder of your own.`,
      { cause },
    );
  }
}

export const primarySocket = (directory: string): string => join(directory, "primary.sock");
export const lockFile = (directory: string): string => join(directory, "lock");
export const loadFile = (directory: string): string => join(directory, "load");
export const countFile = (directory: string): string => join(directory, "counts");
/** Worth nothing without the workers that wrote them. */
export const boardFiles = (directory: string): string[] => [loadFile(directory), countFile(directory)];
export const workerSocket = (directory: string, slot: number, incarnation: string): string =>
  join(directory, `w${slot}.${incarnation}.sock`);

/** The sockets of workers that are in the folder, whether anybody is behind them or not. */
export function listWorkerSockets(directory: string): { slot: number; incarnation: string; path: string }[] {
  const found = [];
  for (const file of readdirSync(directory)) {
    const match = /^w(\d+)\.([0-9a-z]+)\.sock$/.exec(file);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    found.push({ slot: Number(match[1]), incarnation: match[2], path: join(directory, file) });
  }
  return found;
}
