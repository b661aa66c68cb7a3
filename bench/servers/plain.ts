/** Servers: `control` and `single`, plain Node processes without anything around them. */

import { join } from "node:path";
import type { ChildOptions } from "./child.js";
import { freePorts } from "./free-port.js";
import { serversOf, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

/** The folder of the benchmark. */
export const BENCH = join(import.meta.dirname, "..");
export const APP = join(BENCH, "app.mjs");

/** The physical limit: every client connects straight to one of N processes. */
export const control: Variant = {
  name: "control",
  title: "N processes, clients connect straight to one",
  missing: () => undefined,
  start: (options) => startPlain(options.workers, options),
};

/** What the app costs on one core. */
export const single: Variant = {
  name: "single",
  title: "one process",
  missing: () => undefined,
  start: (options) => startPlain(1, options),
};

async function startPlain(processes: number, options: StartOptions) {
  const ports = await freePorts(processes);
  return serversOf(
    { ports, workers: processes },
    await startAll(ports.map((port) => plainProcess(port, options.env))),
  );
}

/** The app on a port of its own. */
export function plainProcess(port: number, env: StartOptions["env"]): ChildOptions {
  return {
    command: process.execPath,
    args: [APP],
    env: { ...env, PORT: String(port) },
    readyWhen: /listening on/,
  };
}
