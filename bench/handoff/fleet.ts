/** Handoff benchmark: the app under traffic, as a fleet that can be reloaded or as one plain process. */

import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FleetStatus } from "../../src/protocol/status.js";
import { Child } from "../servers/child.js";
import { freePort } from "../servers/free-port.js";
import { CLI } from "../servers/holdfast.js";
import { BENCH } from "../servers/plain.js";
import { temporaryDirectory } from "../servers/temporary.js";

export const APP = join(BENCH, "..", "test", "fixtures", "handoff", "app.mjs");
const NAME = "handoff";
const run = promisify(execFile);

/** Of a reload, or of a change of the number of workers. */
export type ChangeOutcome = {
  /** Of the command. */
  readonly failed: string | undefined;
  readonly ms: number;
  /** What it printed. */
  readonly said: string;
};

export class TestedFleet {
  readonly url: string;
  readonly child: Child;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #directory: string;

  private constructor(child: Child, url: string, directory: string) {
    this.child = child;
    this.url = url;
    this.#directory = directory;
    this.#environment = { ...process.env, HOLDFAST_RUNTIME_DIR: directory };
  }

  /** @param workers 0: one plain process without Holdfast @param args more flags of `holdfast start` @param env of the app */
  static async start(
    workers: number,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<TestedFleet> {
    const directory = temporaryDirectory();
    const port = await freePort();
    const start = [CLI, "start", APP, "--workers", `${workers}`, "--name", NAME, ...args];
    const child = await Child.start({
      command: process.execPath,
      args: workers === 0 ? [APP] : start,
      env: { ...env, PORT: `${port}`, HOST: "127.0.0.1", HOLDFAST_RUNTIME_DIR: directory },
      readyWhen: workers === 0 ? /listening/ : /holdfast ready /,
    });
    return new TestedFleet(child, `http://127.0.0.1:${port}`, directory);
  }

  async status(): Promise<FleetStatus> {
    const { stdout } = await this.#command("status", "--json");
    return JSON.parse(stdout) as FleetStatus;
  }

  reload(): Promise<ChangeOutcome> {
    return this.#change("reload");
  }

  /** New slots get their share of the sessions that are there. */
  scale(workers: number): Promise<ChangeOutcome> {
    return this.#change("scale", `${workers}`, "--rebalance");
  }

  async #change(...args: string[]): Promise<ChangeOutcome> {
    const began = performance.now();
    try {
      const { stdout } = await this.#command(...args);
      return { failed: undefined, ms: Math.round(performance.now() - began), said: stdout.trim() };
    } catch (error) {
      const { stderr, message } = error as Error & { stderr: string };
      return { failed: stderr || message, ms: Math.round(performance.now() - began), said: "" };
    }
  }

  async stop(): Promise<void> {
    await this.child.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #command(...args: string[]) {
    return run(process.execPath, [CLI, ...args, "--name", NAME], { env: this.#environment });
  }
}
