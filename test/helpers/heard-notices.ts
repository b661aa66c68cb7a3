/** Test helper: a socket that takes notifications as systemd's does. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../fixtures/systemd/hear-notices.py", import.meta.url));

export type Notice = { readonly pid: number; readonly lines: readonly string[] };

export class NoticeListener {
  readonly heard: Notice[] = [];
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  /** @param name a path, or `@` and a name */
  static async open(name: string): Promise<NoticeListener> {
    const child = spawn("/usr/bin/python3", [PROGRAM, name], { stdio: ["ignore", "pipe", "inherit"] });
    const listener = new NoticeListener(child);
    const lines = createInterface({ input: child.stdout });
    await once(lines, "line");
    lines.on("line", (line) => listener.heard.push(JSON.parse(line) as Notice));
    return listener;
  }

  /** Every assignment in the order in which it came, without those that begin with one of `left`. */
  assignments(...left: string[]): string[] {
    const all = this.heard.flatMap(({ lines }) => lines);
    return all.filter((line) => !left.some((prefix) => line.startsWith(prefix)));
  }

  async close(): Promise<void> {
    this.#process.kill("SIGKILL");
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, "close");
  }
}
