/** Servers: `pm2`, PM2 in cluster mode, whose daemon gives each connection to the next worker, and the library in the app. */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { killAll, type Root, stopAtEnd } from "./child.js";
import { freePort } from "./free-port.js";
import { missingCli } from "./holdfast.js";
import { BENCH } from "./plain.js";
import { pidsOf } from "./process-tree.js";
import { serversOf } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

const COMMAND = join(BENCH, "node_modules", "pm2", "bin", "pm2");
const START_DEADLINE = 30_000;

export const pm2: Variant = {
  name: "pm2",
  title: "PM2 in cluster mode, holdfast(io) in the app",
  missing: () => (existsSync(COMMAND) ? missingCli() : `${COMMAND} is not there`),
  async start({ workers, directory, env }: StartOptions) {
    const port = await freePort();
    const daemon = new Daemon(directory, { ...env, PORT: String(port) });
    try {
      await daemon.start(workers);
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return serversOf({ ports: [port], workers }, [daemon]);
  },
};

/** The daemon leaves the process tree of the command that starts it: only its own file says which process it is. */
class Daemon implements Root {
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #leave = stopAtEnd(this);
  #pid = -1;

  constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.#directory = directory;
    const own = { PM2_HOME: join(directory, "pm2"), HOLDFAST_RUNTIME_DIR: directory };
    this.#env = { ...process.env, NODE_ENV: "production", ...env, ...own };
  }

  /** Settles when every worker listens. @throws when PM2 fails, or they do not in time */
  async start(workers: number): Promise<void> {
    const app = join(BENCH, "app", "library.mjs");
    const logs = ["--output", this.#log, "--error", this.#log, "--merge-logs"];
    await this.#command("start", app, "--name", "bench", "-i", String(workers), ...logs);
    this.#pid = Number(readFileSync(join(this.#directory, "pm2", "pm2.pid"), "utf8"));
    const deadline = performance.now() + START_DEADLINE;
    while (this.output.split("listening on").length <= workers) {
      if (performance.now() > deadline) throw new Error(`not all workers of PM2 listen:\n${this.output}`);
      await sleep(20);
    }
  }

  get pid(): number {
    return this.#pid;
  }

  get ended(): boolean {
    return pidsOf([this.#pid]).length === 0;
  }

  get output(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, "utf8") : "";
  }

  async stop(): Promise<void> {
    const pids = this.#pid < 0 ? [] : pidsOf([this.#pid]);
    await this.#command("kill");
    killAll(pids.filter((pid) => pidsOf([pid]).length > 0));
    this.#leave();
  }

  get #log(): string {
    return join(this.#directory, "pm2.log");
  }

  async #command(...args: readonly string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [COMMAND, ...args], { env: this.#env });
  }
}
