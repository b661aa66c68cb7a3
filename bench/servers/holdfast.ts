/** Servers: `holdfast`, the unchanged app under the built command line. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Child } from "./child.js";
import { freePort } from "./free-port.js";
import { APP, BENCH } from "./plain.js";
import { serversOf, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

/** The name of the fleet. */
const NAME = "bench";
export const CLI = join(BENCH, "..", "dist", "cli", "main.js");

export const holdfast: Variant = {
  name: "holdfast",
  title: "holdfast start app.mjs",
  missing: missingCli,
  async start(options: StartOptions) {
    const { workers } = options;
    const port = await freePort();
    const env = { ...options.env, PORT: String(port) };
    return serversOf(
      { ports: [port], workers },
      await startFleet(["--workers", String(workers)], { ...options, env }),
    );
  },
};

export function missingCli(): string | undefined {
  return existsSync(CLI) ? undefined : "dist/cli/main.js is not there: run `npm run build`";
}

/** @param args behind `holdfast start app.mjs` @returns its primary, with every worker ready */
export function startFleet(
  args: readonly string[],
  { directory, env }: Pick<StartOptions, "directory" | "env">,
): Promise<Child[]> {
  return startAll([
    {
      command: process.execPath,
      args: [CLI, "start", APP, ...args, "--name", NAME],
      env: { ...env, HOLDFAST_RUNTIME_DIR: directory },
      readyWhen: /holdfast ready /,
    },
  ]);
}

/** @param directory as the servers got it @returns what `holdfast status --json` prints */
export async function holdfastStatus(directory: string): Promise<unknown> {
  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: directory };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "status", "--name", NAME, "--json"], {
    env,
  });
  return JSON.parse(stdout);
}
