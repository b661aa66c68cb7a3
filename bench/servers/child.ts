/** Servers: one process that the benchmark starts, waits for, and stops by its id. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expectation } from "../load/expectation.js";
import { pidsOf } from "./process-tree.js";

const START_DEADLINE = 30_000;
/** From TERM to KILL. Milliseconds. */
const STOP_DEADLINE = 10_000;
/** Of what the process printed, as much as an error needs. */
const KEPT_OUTPUT = 4_000;

export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The process is ready when it has printed this. Without it, it is ready at once. */
  readonly readyWhen?: RegExp;
};

/** A process at the root of what serves. */
export type Root = {
  readonly pid: number;
  /** It has ended, whoever ended it. */
  readonly ended: boolean;
  /** The last of what it printed. */
  readonly output: string;
  stop(): Promise<void>;
};

const living = new Set<Pick<Root, "stop">>();

/** Stops every process that was started; for the end of the benchmark by a signal. */
export async function stopLiving(): Promise<void> {
  await Promise.all([...living].map((child) => child.stop()));
}

/** Has `root` stopped at the end of the benchmark, unless it was stopped before. @returns what takes it off again */
export function stopAtEnd(root: Pick<Root, "stop">): () => void {
  living.add(root);
  return () => living.delete(root);
}

export class Child implements Root {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #command: string;
  #output = "";

  private constructor({ command, args, env }: ChildOptions) {
    this.#command = [command, ...args].join(" ");
    this.#process = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_ENV: "production", ...env },
    });
    this.pid = this.#process.pid ?? -1;
    this.#process.on("exit", stopAtEnd(this));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (chunk) => {
        this.#output = (this.#output + chunk).slice(-KEPT_OUTPUT);
      });
    }
  }

  /** @throws with the output of the process when it ends or stays silent instead of getting ready */
  static async start(options: ChildOptions): Promise<Child> {
    const child = new Child(options);
    try {
      await child.#untilReady(options.readyWhen);
      return child;
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null || this.pid < 0;
  }

  get output(): string {
    return this.#output;
  }

  /** TERM, and after a while KILL for every process of the tree that is still there. */
  async stop(): Promise<void> {
    if (this.ended) return;
    const pids = pidsOf([this.pid]);
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => killAll(pids), STOP_DEADLINE);
    await exited;
    clearTimeout(timer);
    killAll(pids.filter((pid) => pid !== this.pid && pidsOf([pid]).length > 0));
  }

  async #untilReady(pattern: RegExp | undefined): Promise<void> {
    const ready = expectation<void>(`ready line of \`${this.#command}\``, START_DEADLINE);
    const look = (): void => {
      if (pattern === undefined || pattern.test(this.#output)) ready.resolve();
    };
    this.#process.on("error", ready.reject);
    this.#process.on("exit", () => ready.reject(new Error(`\`${this.#command}\` ended:\n${this.#output}`)));
    this.#process.stdout?.on("data", look);
    this.#process.stderr?.on("data", look);
    look();
    await ready.promise;
  }
}

export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
