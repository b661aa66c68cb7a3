/** CLI: lets the real proxy read a configuration before anybody relies on it. Runs it once, on a file in a temporary folder. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HoldfastError, UsageError } from "../base/errors.js";
import type { ProxyKind } from "../proxy/kinds.js";

/** Reading a file takes none of them so long. Milliseconds. */
const PATIENCE = 30_000;

type Check = {
  readonly program: string;
  readonly file: string;
  readonly args: (file: string, folder: string) => string[];
};

/** Traefik has no command that reads a configuration and ends. */
const CHECKS: Readonly<Record<Exclude<ProxyKind, "traefik">, Check>> = {
  nginx: {
    program: "nginx",
    file: "nginx.conf",
    // The pid file and the log of an nginx that runs already are not touched.
    args: (file, folder) => [
      "-t",
      "-q",
      "-p",
      `${folder}/`,
      "-c",
      file,
      "-g",
      `pid ${folder}/nginx.pid; error_log stderr;`,
    ],
  },
  haproxy: { program: "haproxy", file: "haproxy.cfg", args: (file) => ["-c", "-f", file] },
  // Where Debian has it; elsewhere it is httpd.
  apache: {
    program: "apache2",
    file: "apache.conf",
    args: (file, folder) => [
      "-t",
      "-C",
      `Define HOLDFAST_STATE ${folder}`,
      "-c",
      "ErrorLog /dev/stderr",
      "-f",
      file,
    ],
  },
  caddy: {
    program: "caddy",
    file: "Caddyfile",
    args: (file) => ["validate", "--adapter", "caddyfile", "--config", file],
  },
  envoy: { program: "envoy", file: "envoy.yml", args: (file) => ["--mode", "validate", "-c", file] },
  // Asks the cluster what kinds of objects it knows; changes nothing.
  kubernetes: {
    program: "kubectl",
    file: "fleet.yml",
    args: (file) => ["apply", "--dry-run=client", "-f", file],
  },
};

/** @throws {UsageError} ERR_USAGE for a proxy that cannot be asked */
function checkOf(kind: ProxyKind): Check {
  if (kind !== "traefik") return CHECKS[kind];
  throw new UsageError(
    "ERR_USAGE",
    "--check cannot be had for traefik, which has no command that only reads a configuration: leave --check out.",
  );
}

/** @throws {HoldfastError} ERR_PROXY_CHECK with the words of the proxy, or why it could not be run */
export function checkConfiguration(kind: ProxyKind, text: string): void {
  const check = checkOf(kind);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-proxy-"));
  try {
    run(check, text, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run({ program, file, args }: Check, text: string, folder: string): void {
  const path = join(folder, file);
  writeFileSync(path, text);
  // Caddy keeps what it makes below these.
  const env = { ...process.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const { error, status, signal, stdout, stderr } = spawnSync(program, args(path, folder), {
    env,
    encoding: "utf8",
    timeout: PATIENCE,
  });
  if (error !== undefined) {
    throw new HoldfastError(
      "ERR_PROXY_CHECK",
      `The configuration could not be checked: ${program} cannot be run here (${error.message}). Install it, or leave --check out.`,
      { cause: error },
    );
  }
  if (status === 0) return;
  const words = `${stderr}${stdout}`.trim() || `it ended with ${status ?? signal}`;
  throw new HoldfastError("ERR_PROXY_CHECK", `${program} refuses the configuration: ${words}`);
}
