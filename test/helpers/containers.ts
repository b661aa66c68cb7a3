/** Test helper: what a container is to a process: PIDs and a network of its own, and a folder that it shares with others. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AppFolder } from "./app-folder.js";

/** Whoever is not root becomes it within. */
const USER = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

export class Container {
  readonly #process: ChildProcess;
  #output = "";

  /** @param command for a shell, which is PID 1 there @param folder where processes of one fleet meet */
  constructor(command: string, folder: AppFolder, env: Readonly<Record<string, string>> = {}) {
    const namespaces = [...USER, "--pid", "--fork", "--kill-child", "--mount-proc", "--net"];
    const environment = { ...process.env, HOLDFAST_RUNTIME_DIR: `${folder.path}/run`, ...env };
    this.#process = spawn("unshare", [...namespaces, "/bin/sh", "-c", command], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
  }

  /** @returns the slots of its processes, once so many have joined @throws with what it said, when it ends before */
  async joined(count: number): Promise<number[]> {
    for (;;) {
      const slots = [...this.#output.matchAll(/^JOINED slot=(\d+)/gm)].map(([, slot]) => Number(slot));
      if (slots.length >= count) return slots;
      if (this.#ended) throw new Error(`the container ended: ${this.#output}`);
      await Promise.race([once(this.#process.stdout as NodeJS.ReadableStream, "data"), this.#closed()]);
    }
  }

  get output(): string {
    return this.#output;
  }

  /** SIGKILL for all that runs in it. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    this.#process.kill("SIGKILL");
    await this.#closed();
  }

  get #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #closed(): Promise<void> {
    // The pipes stay open until the last process of the container has gone.
    if (!this.#ended || !this.#process.stdout?.closed) await once(this.#process, "close");
  }
}
