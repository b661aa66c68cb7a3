/**
 * Development: puts into a lock file the optional packages for other platforms that npm left out. npm leaves out what its registry did not
 * have at that moment, and `npm ci` then refuses the whole file. Use: node scripts/complete-lock.mjs [package-lock.json …]
 */

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const SYSTEMS = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
  "aix",
];
const PROCESSORS = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el"];

/** @typedef {{ version?: string, dev?: boolean, optionalDependencies?: Record<string, string> }} Entry */

/** @param {{ packages: Record<string, Entry> }} lock @returns {{ name: string, version: string, dev: boolean }[]} */
export function missingPackages(lock) {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(path === "" ? {} : (entry.optionalDependencies ?? {}))
      .filter(([name]) => !placesOf(path, name).some((place) => place in lock.packages))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** Where Node would look for a package, from the inside out. @param {string} path @param {string} name @returns {string[]} */
function placesOf(path, name) {
  const above = path.lastIndexOf("/node_modules/");
  if (path === "") return [`node_modules/${name}`];
  return [`${path}/node_modules/${name}`, ...placesOf(above < 0 ? "" : path.slice(0, above), name)];
}

/** Such a package says in its name what it is for. @param {{ name: string, version: string, dev: boolean }} missing */
function entryOf({ name, version, dev }) {
  const words = name.split(/[/.-]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  if (os === undefined || !/^\d/.test(version))
    throw new Error(`${name}@${version} is for no platform that is known here`);
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc = words.includes("musl") ? { libc: ["musl"] } : {};
  return { version, ...(cpu && { cpu: [cpu] }), ...(dev && { dev }), ...libc, optional: true, os: [os] };
}

/** @param {string} file */
function complete(file) {
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const added = missingPackages(lock);
  for (const missing of added) lock.packages[`node_modules/${missing.name}`] = entryOf(missing);
  const sorted = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, "en"));
  lock.packages = Object.fromEntries(sorted);
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${file}: ${added.length} added`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const files = process.argv.slice(2);
  for (const file of files.length > 0 ? files : ["package-lock.json"]) complete(file);
}
