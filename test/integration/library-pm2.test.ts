/** Promise: under a real PM2 in cluster mode `holdfast(io)` is all that the app needs: default clients connect without one error. */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AppFolder, MODULES } from "../helpers/app-folder.js";
import { connected, newClient, talk, talkOnAll } from "../helpers/every-transport.js";
import { libraryFolder } from "../helpers/library-processes.js";

const INSTANCES = 3;
const WITHIN = 30_000;

let folder: AppFolder;
let url: string;

beforeAll(async () => {
  folder = libraryFolder();
  const app = folder.copy("library/echo.mjs");
  await pm2("start", app, "--name", "chat", "-i", `${INSTANCES}`, "--output", log(), "--merge-logs");
  url = `http://127.0.0.1:${await joinedPort()}`;
});
afterAll(async () => {
  // The daemon that the first command started ends here, with all of its processes.
  await pm2("kill");
  folder.remove();
});

it("connects 60 default clients without one error, on every slot", async () => {
  const { slots, errors } = await talk(url, "upgrade", 60);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
});

it("serves the other transports, and broadcasts cross", async () => {
  const { errors } = await talkOnAll(url, 12);
  expect(errors).toEqual([]);
  const sockets = Array.from({ length: 12 }, () => newClient(url, "websocket"));
  await Promise.all(sockets.map(connected));
  await Promise.all(sockets.map((socket) => socket.timeout(5000).emitWithAck("join", "room")));
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "room", "hello");
  expect(await Promise.all(heard)).toEqual(Array(sockets.length).fill("hello"));
  for (const socket of sockets) socket.disconnect();
});

it("goes on after a reload of PM2", async () => {
  await pm2("reload", "chat");
  const { slots, errors } = await talk(url, "upgrade", 30);
  expect(errors).toEqual([]);
  expect(slots.size).toBe(INSTANCES);
});

const log = (): string => join(folder.path, "out.log");

/** Runs the real command with a daemon of its own. @throws with what it said when it fails */
async function pm2(...args: string[]): Promise<void> {
  const env = {
    ...process.env,
    PM2_HOME: join(folder.path, "pm2"),
    HOLDFAST_RUNTIME_DIR: join(folder.path, "run"),
    PORT: "0",
  };
  const command = join(MODULES.companions, "pm2/bin/pm2");
  await promisify(execFile)(process.execPath, [command, ...args], { env, timeout: WITHIN });
}

/** The port that all instances share, once each has joined. */
async function joinedPort(): Promise<number> {
  const deadline = Date.now() + WITHIN;
  for (;;) {
    const text = existsSync(log()) ? readFileSync(log(), "utf8") : "";
    const ports = [...text.matchAll(/JOINED slot=\d+ port=(\d+)/g)].map(([, port]) => Number(port));
    if (ports.length >= INSTANCES) {
      expect(new Set(ports).size).toBe(1);
      return ports[0] as number;
    }
    if (Date.now() > deadline) throw new Error(`not all instances joined:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
