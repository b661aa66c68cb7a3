/**
 * Worker: the versions on which the private parts in this folder were proven to be what they are taken for, and the check that an engine of the
 * app consists of them. Others run, too; but sessions that nobody knows how to take apart stay where they are. `handoff-matrix.test.ts` and
 * `matrix-versions.test.ts` hold the ends of each range and one between.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { folderOf } from "./loaded-classes.js";

/** From the first, which is proven, up to and without the second; and that for people. */
const PROVEN = {
  "socket.io": ["4.6.0", "4.9.0", "4.6.0 to 4.8.x"],
  "socket.io-parser": ["4.2.0", "4.3.0", "4.2.x"],
  "engine.io": ["6.4.0", "6.7.0", "6.4.0 to 6.6.x"],
  ws: ["8.11.0", "8.22.0", "8.11.0 to 8.21.x"],
} as const satisfies Record<string, readonly [string, string, string]>;

const NODE_MAJORS = [20, 22, 24, 26];

export type PackageName = keyof typeof PROVEN;

/** @returns one sentence about this Node, where it is none of those */
export function unprovenNode(version = process.versions.node): string | undefined {
  if (NODE_MAJORS.includes(Number(version.split(".")[0]))) return undefined;
  return unknown(`Node ${version}`, NODE_MAJORS.join(", "));
}

/**
 * @param part an object whose class is the package's
 * @returns one sentence about its version, where it is none of those
 */
export function unprovenPart(name: PackageName, part: object): string | undefined {
  const folder = folderOf(part);
  if (folder === undefined)
    return `Sessions cannot move between workers: the app brings ${name} in a way that Holdfast does not know, such as a bundle.`;
  return unprovenVersion(name, versionIn(folder, name));
}

/** @returns one sentence about a version that is none of those; pre-releases are not */
export function unprovenVersion(name: PackageName, version: string): string | undefined {
  const [from, below, known] = PROVEN[name];
  const number = numberOf(version);
  if (number >= numberOf(from) && number < numberOf(below)) return undefined;
  return unknown(`${name} ${version}`, known);
}

function unknown(what: string, known: string): string {
  return `${what} is not known to Holdfast (${known} are): it runs, and a reload tells its clients to reconnect instead of moving them.`;
}

/** @param start a folder of the package */
function versionIn(start: string, name: PackageName): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const found = readPackage(join(folder, "package.json"));
    // A folder of compiled files may have a package.json of its own.
    if (found?.name === name && found.version !== undefined) return found.version;
  }
  return "of unknown version";
}

function readPackage(path: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}

function numberOf(version: string): number {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (match === null) return Number.NaN;
  const [, major, minor, patch] = match.map(Number) as [number, number, number, number];
  return (major * 1000 + minor) * 1000 + patch;
}
