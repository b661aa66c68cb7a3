/** Test helper: sockets that stay open while fleets behind them come and go, as under systemd. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ROOT } from "./holdfast-command.js";

const PROGRAM = fileURLToPath(new URL("../fixtures/systemd/pass-sockets.py", import.meta.url));
const APP = fileURLToPath(new URL("../fixtures/systemd/servers.mjs", import.meta.url));
const PATIENCE = 20_000;

export type StartOptions = {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | null>>;
  /** LISTEN_FDNAMES. */
  readonly names?: readonly string[];
  /** The Node that runs everything. */
  readonly node?: string;
};

export class SocketKeeper {
  readonly addresses: readonly (number | string)[];
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #lines: AsyncIterator<string>;
  #pid = 0;
  #ended: Promise<number> = Promise.resolve(0);
  #starts = 0;

  private constructor(
    child: ChildProcess,
    folder: string,
    lines: AsyncIterator<string>,
    addresses: readonly (number | string)[],
  ) {
    this.#process = child;
    this.#folder = folder;
    this.#lines = lines;
    this.addresses = addresses;
  }

  /** @param specs such as `tcp` and `unix:/path`; see the fixture @param folder for the fleet's files, short */
  static async open(specs: readonly string[], folder: string): Promise<SocketKeeper> {
    const child = spawn("/usr/bin/python3", [PROGRAM, ...specs], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = await lines.next();
    return new SocketKeeper(child, folder, lines, JSON.parse(value));
  }

  get pid(): number {
    return this.#pid;
  }

  /** All that the present fleet has printed. */
  get output(): string {
    const path = this.#outputPath();
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  get ended(): Promise<number> {
    return this.#ended;
  }

  /** Starts a fleet that gets the sockets. */
  async start({ args = [], env = {}, names, node = process.execPath }: StartOptions = {}): Promise<void> {
    this.#starts++;
    const cli = join(ROOT, "dist/cli/main.js");
    const order = {
      command: [node, cli, "start", APP, "-w", "2", "--name", "passed", ...args],
      env: { HOLDFAST_RUNTIME_DIR: this.#folder, ...env },
      names: names ?? this.addresses.map(() => "chat.socket"),
      output: this.#outputPath(),
    };
    this.#process.stdin?.write(`${JSON.stringify(order)}\n`);
    this.#pid = (JSON.parse((await this.#lines.next()).value) as { pid: number }).pid;
    this.#ended = this.#lines.next().then(({ value }) => (JSON.parse(value) as { code: number }).code);
  }

  async ready(): Promise<void> {
    await this.says(/^holdfast ready .*$/m);
  }

  /** Waits until the present fleet has printed that. */
  async says(pattern: RegExp): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const [found] = pattern.exec(this.output) ?? [];
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`never said ${pattern}:\n${this.output}`);
      await sleep(20);
    }
  }

  /** @returns the exit code */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    process.kill(this.#pid, signal);
    return this.#ended;
  }

  /** Ends whatever runs. */
  async close(): Promise<void> {
    try {
      if (this.#pid !== 0) process.kill(this.#pid, "SIGTERM");
    } catch {
      // It has ended.
    }
    this.#process.stdin?.end();
    if (this.#process.exitCode === null) await once(this.#process, "close");
  }

  #outputPath(): string {
    return join(this.#folder, `output-${this.#starts}`);
  }
}
