/**
 * Worker: the versions on which sessions were proven to move between workers, and the check that the app has one of them. Everything else of
 * Holdfast works on more; on another version sessions stay, and their clients are told to reconnect.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The file of each package that stands for it, and its versions: from the first, which is proven, up to and without the second. */
const PACKAGES: readonly (readonly [string, RegExp, string, string])[] = [
  ["socket.io", /[\\/]socket\.io[\\/]dist[\\/]index\.js$/, "4.6.0", "4.9.0"],
  ["socket.io-parser", /[\\/]socket\.io-parser[\\/]build[\\/]cjs[\\/]index\.js$/, "4.2.0", "4.3.0"],
  ["engine.io", /[\\/]engine\.io[\\/]build[\\/]server\.js$/, "6.4.0", "6.7.0"],
  ["ws", /[\\/]ws[\\/]lib[\\/]websocket\.js$/, "8.11.0", "8.22.0"],
];

const NODE_MAJORS = [20, 22, 24, 26];

const loaded: { readonly name: string; readonly version: string; readonly proven: boolean }[] = [];

/** A module of the app was loaded. */
export function noteVersion(filename: string): void {
  const entry = PACKAGES.find(([, pattern]) => pattern.test(filename));
  if (entry === undefined) return;
  const [name, , from, below] = entry;
  const version = versionOf(filename, name);
  loaded.push({ name, version, proven: isBetween(version, from, below) });
}

/** @returns one sentence about a version that is not in the table; undefined where all are */
export function unprovenVersion(): string | undefined {
  const major = Number(process.versions.node.split(".")[0]);
  if (!NODE_MAJORS.includes(major))
    return `Sessions were not proven to move between workers on Node ${process.version}, but on ${NODE_MAJORS.join(", ")}.`;
  const unproven = loaded.find(({ proven }) => !proven);
  if (unproven === undefined) return undefined;
  const [, , from, below] = PACKAGES.find(([name]) => name === unproven.name) as (typeof PACKAGES)[number];
  return `Sessions were not proven to move between workers on ${unproven.name} ${unproven.version}, but from ${from} to before ${below}.`;
}

function versionOf(filename: string, name: string): string {
  for (let folder = dirname(filename); folder !== dirname(folder); folder = dirname(folder)) {
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

/** Pre-releases are none of them. */
function isBetween(version: string, from: string, below: string): boolean {
  const number = numberOf(version);
  return number >= numberOf(from) && number < numberOf(below);
}

function numberOf(version: string): number {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (match === null) return Number.NaN;
  const [, major, minor, patch] = match.map(Number) as [number, number, number, number];
  return (major * 1000 + minor) * 1000 + patch;
}
