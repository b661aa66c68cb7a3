/** Benchmark: where and when a run was made. */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { BENCH } from "../servers/plain.js";

/** Peers are only installed for the benchmark, so their versions are read from its own folder. */
const PACKAGES: readonly (readonly [name: string, root: string])[] = [
  ["socket.io", join(BENCH, "..")],
  ["engine.io", join(BENCH, "..")],
  ["@socket.io/sticky", BENCH],
  ["@socket.io/cluster-adapter", BENCH],
];

/** @param nginxVersion where nginx takes part */
export function describeEnvironment(nginxVersion?: string): Record<string, string> {
  const versions = PACKAGES.map(([name, root]) => [name, versionOf(name, root)] as const);
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores for clients and servers together`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
    ...Object.fromEntries(versions),
    ...(nginxVersion === undefined ? {} : { nginx: nginxVersion }),
  };
}

/** Of dependencies of the repository. */
export function versionsOf(packages: readonly string[]): Record<string, string> {
  return Object.fromEntries(packages.map((name) => [name, versionOf(name, join(BENCH, ".."))]));
}

function versionOf(name: string, root: string): string {
  const text = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
