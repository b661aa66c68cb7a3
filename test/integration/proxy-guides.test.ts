/** Promise: who follows a page of docs/deploy about a proxy, step by step, has a fleet behind it that serves every transport. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { AppFolder } from "../helpers/app-folder.js";
import { makeCertificate } from "../helpers/certificate.js";
import { talkOnAll } from "../helpers/every-transport.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { holdfast, ROOT } from "../helpers/holdfast-command.js";
import { get } from "../helpers/http-client.js";
import { libraryFolder } from "../helpers/library-processes.js";
import { REAL_PROXIES, RealProxy } from "../helpers/real-proxy.js";

const FILES = {
  nginx: "nginx.conf",
  haproxy: "haproxy.cfg",
  caddy: "Caddyfile",
  apache: "apache.conf",
} as const;
const SLOTS = [0, 1, 2, 3];

let folder: AppFolder | undefined;
let shell: ChildProcess | undefined;
let proxy: RealProxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  if (shell?.pid !== undefined && shell.exitCode === null) {
    // The shell and what it started are a process group of their own.
    process.kill(-shell.pid, "SIGKILL");
    await once(shell, "close");
  }
  folder?.remove();
  proxy = undefined;
  shell = undefined;
  folder = undefined;
});

/** The lines of the page that are meant to be typed as they are. */
function commandsOf(kind: string): string[] {
  const page = readFileSync(join(ROOT, `docs/deploy/${kind}.md`), "utf8");
  return [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

const listens = (port: number): Promise<boolean> =>
  get(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

async function startWorkers(loop: string, first: number): Promise<void> {
  const { path } = folder as AppFolder;
  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: join(path, "run") };
  const line = `${loop.replace("4000", `${first}`)}; wait`;
  shell = spawn("/bin/sh", ["-c", line], { cwd: path, env, stdio: "ignore", detached: true });
  while (!(await Promise.all(SLOTS.map((slot) => listens(first + slot)))).every(Boolean)) {
    if (shell.exitCode !== null) throw new Error(`ended with ${shell.exitCode}: ${line}`);
    await sleep(50);
  }
}

it.each(REAL_PROXIES)("%s", async (kind) => {
  folder = libraryFolder();
  folder.copy("proxy/counts-strays.mjs", "app.mjs");
  const { path } = folder;
  const { cert, key } = makeCertificate(path);
  folder.write("chat.crt", readFileSync(cert, "utf8"));
  folder.write("chat.key", readFileSync(key, "utf8"));
  const [loop = "", ...commands] = commandsOf(kind);
  expect(commands.length).toBeGreaterThanOrEqual(3);

  // The page's ports are for examples.
  const first = await freeRow(SLOTS.length);
  const [port, admin] = (await freePorts(2)) as [number, number];
  const run = async (command: string): Promise<void> => {
    const [program, ...args] = command.replace("ports:4000", `ports:${first}`).split(" ");
    expect(program).toBe("holdfast");
    // A private port, and no more open files than any machine allows.
    const { code, stderr } = await holdfast([...args, "--port", `${port}`, "--sessions", "500"], {
      runtime: path,
      cwd: path,
    });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  };

  await startWorkers(loop, first);
  const [written = "", ...others] = commands;
  await run(written);
  const text = readFileSync(join(path, FILES[kind]), "utf8");
  proxy = await RealProxy.start(kind, text, [port, admin]);
  const { slots, errors } = await talkOnAll(proxy.url, 12);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual(SLOTS);
  for (const command of others) await run(command);
});
