/** Benchmark: what must be there before a run: peers, the build, the variants that can run on this machine. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BENCH } from "./servers/plain.js";
import type { VariantName } from "./servers/variant.js";
import { VARIANTS } from "./servers/variants.js";

const ROOT = join(BENCH, "..");

/** Installs the peers that holdfast is compared with, and what it runs under, once. @throws when that fails */
export function installPeers(): void {
  const there = ["@socket.io/sticky", "pm2"].every((name) => existsSync(join(BENCH, "node_modules", name)));
  if (there) return;
  run("npm", ["install", "--no-audit", "--no-fund"], BENCH);
}

/** @throws when the sources do not compile */
export function build(): void {
  run("npm", ["run", "--silent", "build"], ROOT);
}

/** @returns the variants that can run here, and why the others cannot */
export function selectVariants(asked: readonly VariantName[]) {
  const reasons = asked.map((name) => [name, VARIANTS[name].missing()] as const);
  return {
    variants: reasons.filter(([, reason]) => reason === undefined).map(([name]) => name),
    leftOut: Object.fromEntries(reasons.filter(([, reason]) => reason !== undefined)) as Record<
      string,
      string
    >,
  };
}

/** @returns as nginx itself says it, such as `1.22.1`, or `not installed` */
export function nginxVersion(): string {
  const { stderr } = spawnSync("nginx", ["-v"], { encoding: "utf8" });
  return /nginx\/(\S+)/.exec(stderr ?? "")?.[1] ?? "not installed";
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0)
    throw new Error(`\`${command} ${args.join(" ")}\` failed in ${cwd}; its output is above.`);
}
