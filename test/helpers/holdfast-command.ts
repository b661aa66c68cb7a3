/** Test helper: the built command `holdfast` in processes of its own, with a runtime folder and ports that nobody else uses. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMAND = join(ROOT, "dist", "cli", "main.js");

/** A fleet that is not ready by then is killed, so that the test says why instead of waiting. Milliseconds. */
const BOOT_DEADLINE = 45_000;

export type CommandOptions = {
  /** Folder of the control sockets; see {@link runtimeFolder}. */
  readonly runtime: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another version of Node than this one. */
  readonly node?: string;
};

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type FleetProcess = {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
  /** Sends TERM and waits. */
  stop(): Promise<Ended>;
};

/** A folder whose path is short enough for Unix sockets; `remove` deletes it. */
export function runtimeFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "hf-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs one command to its end. */
export function holdfast(args: readonly string[], options: CommandOptions): Promise<Ended> {
  return spawnCommand(args, options).ended;
}

/** Runs `holdfast start …` until it prints its ready line. @throws when it ends before, with all that it said */
export async function startFleet(args: readonly string[], options: CommandOptions): Promise<FleetProcess> {
  const { child, stdout, stderr, ended } = spawnCommand(["start", ...args], options);
  const deadline = setTimeout(() => child.kill("SIGKILL"), BOOT_DEADLINE);
  try {
    const port = await readyPort(child, stdout, stderr, ended);
    const stop = (): Promise<Ended> => {
      child.kill("SIGTERM");
      return ended;
    };
    return { port, url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stdout, stderr, ended, stop };
  } finally {
    clearTimeout(deadline);
  }
}

function spawnCommand(args: readonly string[], { runtime, cwd = ROOT, env = {}, node }: CommandOptions) {
  const child = spawn(node ?? process.execPath, [COMMAND, ...args], {
    cwd,
    env: { ...cleanEnvironment(), HOLDFAST_RUNTIME_DIR: runtime, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (read.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (read.stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...read }));
  return { child, stdout: () => read.stdout, stderr: () => read.stderr, ended };
}

/** What the test runner itself was given must not decide what a fleet does. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(?:HOLDFAST|VITEST|NODE_OPTIONS$|NODE_ENV$|WEB_CONCURRENCY|PORT$|HOST$|NO_COLOR$|FORCE_COLOR$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function readyPort(
  child: ChildProcess,
  stdout: () => string,
  stderr: () => string,
  ended: Promise<Ended>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", () => {
      const port = /^(?:holdfast ready .*\bport=|.*"event":"ready".*?"port":)(\d+)/m.exec(stdout())?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    void ended.then(({ code }) =>
      reject(new Error(`holdfast ended with ${code} before it was ready:\n${stdout()}${stderr()}`)),
    );
  });
}
