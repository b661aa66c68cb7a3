/** Test helper: a real fleet, started with the built command line on a port of its own, in a folder of its own. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { primarySocket } from "../../src/protocol/runtime-directory.js";
import type { FleetStatus } from "../../src/protocol/status.js";
import { getFromPath } from "./http-client.js";
import { temporaryDirectory } from "./temporary.js";

const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
const run = promisify(execFile);

export type FleetOptions = {
  readonly workers?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The Node that runs everything. */
  readonly node?: string;
  /** In a process group of its own, for signals that a terminal sends to all of one. */
  readonly detached?: boolean;
  /** A command that runs the command behind it somewhere, such as in a network namespace. */
  readonly within?: readonly string[];
  /** In the folder and by the name of this one, which has ended. It removes the folder then. */
  readonly instead?: Fleet;
  /** Wait for the ready line; false for fleets that are meant to fail. */
  readonly ready?: boolean;
};

let fleets = 0;

export class Fleet {
  readonly process: ChildProcess;
  readonly name: string;
  readonly node: string;
  readonly environment: NodeJS.ProcessEnv;
  stdout = "";
  stderr = "";
  port = 0;
  readonly #directory: { path: string; remove(): void };
  readonly #watchers = new Set<() => void>();

  constructor(
    entry: string,
    {
      workers = 3,
      args = [],
      env = {},
      node = process.execPath,
      detached = false,
      within = [],
      instead,
    }: FleetOptions,
  ) {
    this.#directory = instead === undefined ? temporaryDirectory() : instead.#directory;
    this.name = instead?.name ?? `t${process.pid}-${++fleets}`;
    this.node = node;
    this.environment = {
      ...process.env,
      PORT: "0",
      HOST: "127.0.0.1",
      ...env,
      HOLDFAST_RUNTIME_DIR: this.#directory.path,
    };
    const entryPath = entry.startsWith("/") ? entry : FIXTURES + entry;
    const command = [CLI, "start", entryPath, "--workers", `${workers}`, "--name", this.name, ...args];
    const [program = node, ...before] = [...within, node];
    this.process = spawn(program, [...before, ...command], {
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      detached,
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => this.#heard("stdout", text));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => this.#heard("stderr", text));
    this.process.on("close", () => this.#notify());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get directory(): string {
    return this.#directory.path;
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Waits until `condition` holds; it is asked again at each output, and every 20 ms for what does not print. */
  async until(what: string, condition: () => boolean | Promise<boolean>, within = 20_000): Promise<void> {
    const deadline = Date.now() + within;
    while (!(await condition())) {
      if (Date.now() > deadline)
        throw new Error(`${what}: not within ${within} ms\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 20);
        const watchers = this.#watchers;
        watchers.add(done);
        function done(): void {
          clearTimeout(timer);
          watchers.delete(done);
          resolve();
        }
      });
    }
  }

  async ready(within = 30_000): Promise<void> {
    await this.until("ready line", () => / ready /.test(this.stdout) || this.ended, within);
    const port = /^holdfast ready .*port=(\d+)/m.exec(this.stdout)?.[1];
    if (port === undefined) throw new Error(`no ready line with a port:\n${this.stdout}\n${this.stderr}`);
    this.port = Number(port);
  }

  /** What `holdfast status --json` prints, without a process for each question: many wait for a state by asking again and again. */
  async status(): Promise<FleetStatus> {
    return JSON.parse(
      await getFromPath(primarySocket(join(this.directory, this.name)), "/status"),
    ) as FleetStatus;
  }

  /** Runs another command of the command line against this fleet. */
  command(name: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return run(this.node, [CLI, name, ...args, "--name", this.name], { env: this.environment });
  }

  async pidOf(slot: number): Promise<number> {
    const pid = (await this.status()).workers.find((worker) => worker.slot === slot)?.pid;
    if (pid === undefined || pid === null) throw new Error(`slot ${slot} has no process`);
    return pid;
  }

  /** Ends the fleet in order. @returns the exit code */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (!this.ended) {
      const closed = once(this.process, "close");
      this.process.kill(signal);
      const limit = setTimeout(() => this.process.kill("SIGKILL"), 30_000);
      await closed;
      clearTimeout(limit);
    }
    this.#directory.remove();
    return this.process.exitCode;
  }

  async exited(within = 30_000): Promise<number | null> {
    await this.until("exit", () => this.ended, within);
    return this.process.exitCode;
  }

  #heard(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.#notify();
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** @param entry below test/fixtures, or an absolute path */
export async function startFleet(entry: string, options: FleetOptions = {}): Promise<Fleet> {
  const fleet = new Fleet(entry, options);
  if (options.ready === false) return fleet;
  try {
    await fleet.ready();
  } catch (error) {
    await fleet.stop("SIGKILL");
    throw error;
  }
  return fleet;
}
