/** Test helper: the chat of examples/chat under the built CLI, on three workers and a port of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A fleet that is not ready by then is killed, so that the test says why instead of waiting. Milliseconds. */
const BOOT_DEADLINE = 45_000;

export type ChatFleet = {
  readonly url: string;
  /** Sends a signal to the primary. @returns its exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** Everything that it printed. */
  output(): string;
};

/** @throws when the fleet ends before it is ready, with all that it said */
export async function startChatFleet(): Promise<ChatFleet> {
  const runtime = mkdtempSync(join(tmpdir(), "hf-chat-"));
  const lines: string[] = [];
  const child = spawnFleet(runtime);
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  const output = (): string => lines.join("\n");
  const port = await readyPort(child, lines, ended);
  return {
    url: `http://localhost:${port}`,
    output,
    async end(signal) {
      child.kill(signal);
      const result = await ended;
      rmSync(runtime, { recursive: true, force: true });
      return result;
    },
  };
}

function spawnFleet(runtime: string): ChildProcess {
  const name = `chat-${process.pid}-${randomBytes(3).toString("hex")}`;
  const args = ["dist/cli/main.js", "start", "examples/chat/server.ts", "--workers", "3", "--port", "0"];
  return spawn(process.execPath, [...args, "--name", name, "--log", "json"], {
    cwd: ROOT,
    env: { ...process.env, HOLDFAST_RUNTIME_DIR: runtime },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function readyPort(child: ChildProcess, lines: string[], ended: Promise<number | string>): Promise<number> {
  const deadline = setTimeout(() => child.kill("SIGKILL"), BOOT_DEADLINE);
  const ready = new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (!line.includes('"ready"')) return;
        const { event, port } = JSON.parse(line) as { event?: string; port?: number };
        if (event === "ready" && port !== undefined) resolve(port);
      });
    }
    void ended.then((how) => reject(new Error(`the fleet ended with ${how}:\n${lines.join("\n")}`)));
  });
  return ready.finally(() => clearTimeout(deadline));
}
