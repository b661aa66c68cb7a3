/** Promise: on versions that Holdfast does not know an app runs as on others, and the log says in one sentence what it does without. */

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { AppFolder, MODULES } from "../helpers/app-folder.js";
import { connected, newClient, slotOf, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const OTHERWISE = "it runs, and a reload tells its clients to reconnect instead of moving them.";
const OTHER_NODE = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "27.1.0" } });`;

let fleet: Fleet | undefined;
let folder: AppFolder | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  folder?.remove();
  fleet = undefined;
  folder = undefined;
  expect(code).toBe(0);
});

it("a socket.io of the future serves every transport, and a reload closes its sessions", async () => {
  folder = copyOf("socket.io 4.7");
  pretend(folder, "socket.io", "5.0.0");
  rename(folder, "engine.io/build", "writeBuffer", "outgoing");
  rename(folder, "socket.io/dist", "_packet", "_send");
  fleet = await startFleet(folder.copy("apps/echo.mjs"), {
    workers: 2,
    args: ["--policy", "round-robin"],
  });
  const sentence = `socket.io 5.0.0 is not known to Holdfast (4.6.0 to 4.8.x are): ${OTHERWISE}`;
  expect(fleet.stderr.split(sentence)).toHaveLength(2);
  const { slots, errors } = await talkOnAll(fleet.url, 6);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1]);
  await reconnectsAtReload(fleet);
});

it("a Node of the future, and an engine.io whose sessions cannot be found, serve the sessions of one worker", async () => {
  folder = copyOf("socket.io 4.7");
  rename(folder, "engine.io/build", "clients", "sessions");
  const otherNode = folder.write("other-node.mjs", OTHER_NODE);
  fleet = await startFleet(folder.copy("apps/echo.mjs"), {
    workers: 1,
    env: { NODE_OPTIONS: `--import=${otherNode}` },
  });
  expect(fleet.stderr).toContain(`Node 27.1.0 is not known to Holdfast (20, 22, 24, 26 are): ${OTHERWISE}`);
  expect(fleet.stderr).toContain("This engine.io is built in a way that Holdfast does not know");
  const socket = newClient(fleet.url, "websocket");
  await connected(socket);
  expect(await socket.timeout(5000).emitWithAck("echo", "still here")).toBe("still here");
  socket.disconnect();
});

it("a version that is known is no news", async () => {
  folder = new AppFolder();
  folder.link("node_modules", MODULES["socket.io 4.7"]);
  fleet = await startFleet(folder.copy("apps/echo.mjs"), { workers: 1 });
  expect(fleet.stderr).not.toContain("not known");
});

async function reconnectsAtReload(running: Fleet): Promise<void> {
  const socket = newClient(running.url, "websocket", { reconnection: true });
  await connected(socket);
  const before = socket.id;
  const reason = new Promise((resolve) => socket.once("disconnect", resolve));
  const back = new Promise<void>((resolve) => socket.io.once("reconnect", () => resolve()));
  await running.command("reload");
  expect(await reason).toBe("transport close");
  await back;
  await connected(socket);
  expect(socket.id).not.toBe(before);
  expect([0, 1]).toContain(slotOf(socket));
  expect(await socket.timeout(5000).emitWithAck("echo", "again")).toBe("again");
  socket.disconnect();
}

function copyOf(modules: keyof typeof MODULES): AppFolder {
  const copy = new AppFolder();
  cpSync(MODULES[modules], join(copy.path, "node_modules"), { recursive: true, dereference: true });
  return copy;
}

/** Makes a copy of a package say that it is another version. */
function pretend({ path }: AppFolder, name: string, version: string): void {
  const file = join(path, "node_modules", name, "package.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }));
}

/** Gives a private field of a package another name, in all its files. */
function rename({ path }: AppFolder, folder: string, field: string, name: string): void {
  const root = join(path, "node_modules", folder);
  let renamed = 0;
  for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(join(root, file), "utf8");
    const changed = text.replaceAll(new RegExp(`(?<!["'])\\b${field}\\b(?!["'])`, "g"), name);
    if (changed === text) continue;
    writeFileSync(join(root, file), changed);
    renamed++;
  }
  expect(renamed).toBeGreaterThan(0);
}
