/** Test helper: a real PM2 with a daemon and a folder of its own, and what its processes say about themselves. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type AppFolder, MODULES } from "./app-folder.js";

const WITHIN = 30_000;

export type Pm2App = {
  readonly name: string;
  readonly script: string;
  readonly instances: number;
  readonly exec_mode: "cluster" | "fork";
  readonly env?: Readonly<Record<string, string | number>>;
  readonly [setting: string]: unknown;
};

/** What test/fixtures/library/managed.mjs answers to a GET. */
export type Told = {
  readonly app?: string;
  readonly slot: number;
  readonly instance: number;
  readonly pid: number;
  readonly port: number;
};

type Listed = { readonly name: string; readonly pid: number; readonly pm2_env: { readonly status: string } };

export class RealPm2 {
  readonly #folder: AppFolder;
  readonly #env: NodeJS.ProcessEnv;

  /** @param folder where apps, logs and sockets are */
  constructor(folder: AppFolder) {
    this.#folder = folder;
    const own = { PM2_HOME: join(folder.path, "pm2"), HOLDFAST_RUNTIME_DIR: join(folder.path, "run") };
    this.#env = { ...process.env, ...own };
  }

  /** Runs the real command. @returns its output @throws with what it said when it fails */
  async run(...args: string[]): Promise<string> {
    const command = join(MODULES.companions, "pm2/bin/pm2");
    const options = { cwd: this.#folder.path, env: this.#env, timeout: WITHIN };
    const { stdout } = await promisify(execFile)(process.execPath, [command, ...args], options);
    return stdout;
  }

  /** Starts what an ecosystem file describes. */
  async start(...apps: Pm2App[]): Promise<void> {
    const file = this.#folder.write("ecosystem.config.json", JSON.stringify({ apps }));
    await this.run("start", file);
  }

  /** The pids of an app's processes that PM2 calls online. */
  async pids(name: string): Promise<number[]> {
    const listed = JSON.parse(await this.run("jlist")) as Listed[];
    return listed.filter((p) => p.name === name && p.pm2_env.status === "online").map(({ pid }) => pid);
  }

  /** Ends the daemon with all of its processes. */
  async stop(): Promise<void> {
    await this.run("kill");
  }
}

/** What the processes behind a shared port say, once there are so many of them that `accept` takes. */
export async function toldBy(
  url: string,
  count: number,
  accept: (told: Told) => boolean = () => true,
): Promise<Told[]> {
  const until = Date.now() + WITHIN;
  const told = new Map<number, Told>();
  while (Date.now() < until) {
    try {
      // A connection that PM2 gave to a process which is killed stays open without an answer.
      const answer = await fetch(url, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(1000),
      });
      const one = (await answer.json()) as Told;
      if (accept(one)) told.set(one.pid, one);
    } catch {
      await sleep(50);
    }
    if (told.size >= count) return [...told.values()].sort((a, b) => a.slot - b.slot);
  }
  throw new Error(`not ${count} processes at ${url}: ${JSON.stringify([...told.values()])}`);
}
