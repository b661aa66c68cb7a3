/** Development: runs other programs for the scripts beside this file. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** npm is a script on Windows, and a program elsewhere. */
export const NPM = process.platform === "win32" ? "npm.cmd" : "npm";

/**
 * Runs a program in the package's folder, its output going where ours goes.
 * @param {string} program @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean }} [options] quiet: show the output only of a failure
 * @returns {boolean} whether it ended with 0
 */
export function run(program, args, { cwd = ROOT, env = {}, quiet = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  if (error !== undefined) console.error(`${program} could not be started: ${error.message}`);
  if (quiet && status !== 0) console.error(`${stdout ?? ""}${stderr ?? ""}`);
  return status === 0;
}

/** A program that a development dependency brought. @param {string} name */
export function tool(name) {
  return `${ROOT}node_modules/.bin/${name}${process.platform === "win32" ? ".cmd" : ""}`;
}
