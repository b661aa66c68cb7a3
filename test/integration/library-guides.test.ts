/** Promise: who follows the pages about PM2 in docs/deploy, step by step, has what they say. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AppFolder } from "../helpers/app-folder.js";
import { talkOnAll } from "../helpers/every-transport.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { Guide } from "../helpers/guide.js";
import { holdfast, ROOT } from "../helpers/holdfast-command.js";
import { libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";
import { RealPm2 } from "../helpers/pm2.js";
import { RealProxy } from "../helpers/real-proxy.js";

let folder: AppFolder;
let pm2: RealPm2;
let shell: ChildProcess | undefined;
let front: RoundRobinFront | undefined;
let proxy: RealProxy | undefined;
beforeEach(() => {
  folder = libraryFolder();
  // What npm does where it installs Holdfast.
  chmodSync(join(ROOT, "dist/cli/main.js"), 0o755);
  folder.write("node_modules/.bin/.keep", "");
  folder.link("node_modules/.bin/holdfast", join(ROOT, "dist/cli/main.js"));
  // The processes of nginx that serve are another user's.
  chmodSync(folder.path, 0o755);
  pm2 = new RealPm2(folder);
});
afterEach(async () => {
  front?.close();
  await proxy?.stop();
  if (shell?.pid !== undefined && shell.exitCode === null) {
    // The shell and what it started are a process group of their own.
    process.kill(-shell.pid, "SIGKILL");
    await once(shell, "close");
  }
  await pm2.stop();
  folder.remove();
  shell = undefined;
  front = undefined;
  proxy = undefined;
});

function follow(page: string, ports: Readonly<Record<number, number>>): string[] {
  const guide = new Guide(page, ports);
  for (const { name, text } of guide.files()) folder.write(name, text);
  return guide.commands();
}

/** Types a line of PM2 or Holdfast. @param more what a machine that is not the reader's needs besides */
async function type(command: string, ...more: string[]): Promise<string> {
  const [program, ...args] = command.split(" ");
  if (program === "pm2") return pm2.run(...args);
  expect(program).toBe("holdfast");
  const options = { runtime: join(folder.path, "run"), cwd: folder.path };
  const { code, stdout, stderr } = await holdfast([...args, ...more], options);
  // How far a reload is, it says where no terminal is, too.
  const complaints = stderr
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("reload to generation 2: "));
  expect({ command, code, complaints }).toEqual({ command, code: 0, complaints: [] });
  return stdout;
}

async function servesOn(url: string, slots: readonly number[]): Promise<void> {
  const { slots: served, errors } = await talkOnAll(url, 24);
  expect(errors).toEqual([]);
  for (const slot of served) expect(slots).toContain(slot);
}

it("pm2.md", async () => {
  const first = await freeRow(3);
  const [port = 0, fleetPort = 0] = await freePorts(2);
  const commands = follow("pm2", { 3000: port, 3001: fleetPort, 4000: first });
  const [
    start = "",
    reload = "",
    scale = "",
    startFleet = "",
    status = "",
    reloadFleet = "",
    stop = "",
    loop = "",
  ] = commands;
  expect(commands).toHaveLength(8);

  const url = `http://127.0.0.1:${port}`;
  await type(start);
  await servesOn(url, [0, 1, 2, 3]);
  await type(reload);
  await servesOn(url, [0, 1, 2, 3]);
  await type(scale);
  await servesOn(url, [0, 1, 2, 3, 4]);
  await pm2.run("delete", "chat");

  await type(startFleet);
  const fleetUrl = `http://127.0.0.1:${fleetPort}`;
  await expect.poll(() => answers(fleetPort), { timeout: 20_000 }).toBe(true);
  expect(await type(status)).toContain("chat-fleet");
  await servesOn(fleetUrl, [0, 1]);
  await type(reloadFleet);
  await servesOn(fleetUrl, [0, 1]);
  await type(stop);
  expect(await pm2.pids("chat-fleet")).toEqual([]);

  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: join(folder.path, "run") };
  shell = spawn("/bin/sh", ["-c", `${loop}; wait`], {
    cwd: folder.path,
    env,
    stdio: "ignore",
    detached: true,
  });
  const ports = [0, 1, 2].map((slot) => first + slot);
  for (const each of ports) await expect.poll(() => answers(each), { timeout: 10_000 }).toBe(true);
  front = await RoundRobinFront.listen(ports);
  await servesOn(front.url, [0, 1, 2]);
});

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`).then(
    ({ ok }) => ok,
    () => false,
  );

it("nginx-pm2.md", async () => {
  const first = await freeRow(5);
  const [port = 0, admin = 0] = await freePorts(2);
  const commands = follow("nginx-pm2", { 4000: first });
  const [start = "", write = "", scale = "", again = "", reload = ""] = commands;
  expect(commands).toHaveLength(5);
  // A private port, and no more open files than any machine allows.
  const own = ["--port", `${port}`, "--sessions", "500"];
  const configuration = (): string => readFileSync(join(folder.path, "nginx.conf"), "utf8");

  await type(start);
  await type(write, ...own);
  proxy = await RealProxy.start("nginx", configuration(), [port, admin]);
  await servesOn(proxy.url, [0, 1, 2, 3]);
  await type(scale);
  await type(again, ...own);
  proxy.reload(configuration());
  await servesOn(proxy.url, [0, 1, 2, 3, 4]);
  await type(reload);
  await servesOn(proxy.url, [0, 1, 2, 3, 4]);
});
