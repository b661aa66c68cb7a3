/** Servers: `holdfast`, the unchanged app under the built command line. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { APP, BENCH } from "./plain.js";
import { serversOf, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

/** The name of the fleet. */
const NAME = "bench";
const CLI = join(BENCH, "..", "dist", "cli", "main.js");

export const holdfast: Variant = {
  name: "holdfast",
  title: "holdfast start app.mjs",
  missing: () => (existsSync(CLI) ? undefined : "dist/cli/main.js is not there: run `npm run build`"),
  async start({ workers, directory, env }: StartOptions) {
    const port = await freePort();
    const args = [CLI, "start", APP, "--workers", String(workers), "--name", NAME];
    const children = await startAll([
      {
        command: process.execPath,
        args,
        env: { ...env, PORT: String(port), HOLDFAST_RUNTIME_DIR: directory },
        readyWhen: /holdfast ready /,
      },
    ]);
    return serversOf({ ports: [port], workers }, children);
  },
};

/** @param directory as the servers got it @returns what `holdfast status --json` prints */
export async function holdfastStatus(directory: string): Promise<unknown> {
  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: directory };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "status", "--name", NAME, "--json"], {
    env,
  });
  return JSON.parse(stdout);
}
