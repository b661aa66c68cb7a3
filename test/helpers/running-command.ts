/** Test helper: the built command `holdfast` while it runs: what it has printed so far, and its end. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "./holdfast-command.js";

type Stream = "stdout" | "stderr";

export class RunningCommand {
  readonly read: Record<Stream, string> = { stdout: "", stderr: "" };
  /** The exit code. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  /** @param runtime HOLDFAST_RUNTIME_DIR */
  constructor(runtime: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
      env: { ...process.env, HOLDFAST_RUNTIME_DIR: runtime, HOLDFAST_NAME: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of ["stdout", "stderr"] as const) {
      this.#child[stream]?.setEncoding("utf8").on("data", (chunk: string) => {
        this.read[stream] += chunk;
      });
    }
    this.ended = once(this.#child, "close").then(([code]) => code as number | null);
  }

  /** Waits until it has printed that. */
  async until(stream: Stream, words: string): Promise<void> {
    const output = this.#child[stream];
    while (output !== null && !this.read[stream].includes(words)) await once(output, "data");
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
