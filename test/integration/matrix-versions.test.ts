/** Promise: three workers serve every transport, strays and all, on each supported version of Node and of socket.io. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { AppFolder, MODULES } from "../helpers/app-folder.js";
import { connected, newClient, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";
import { echo, expectOk, sessionOnEachSlot } from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { moreStrays } from "../helpers/strays.js";

const WORKERS = 3;
/** In turn, so that seven clients are enough to reach every slot, wherever they are accepted. */
const POLICY = ["--policy", "round-robin"];
const CLIENTS = 8;

let fleet: Fleet | undefined;
let folder: AppFolder | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  folder?.remove();
  fleet = undefined;
  folder = undefined;
  expect(code).toBe(0);
});

const running = { name: "the Node that runs the tests", path: process.execPath };

it.each([running, ...NODE_VERSIONS])("on $name", async ({ path }) => {
  fleet = await startFleet("apps/echo.mjs", { workers: WORKERS, args: POLICY, node: path });
  await servesEverywhere(fleet);
  await movesKeepAlive(fleet);
  await losesNoByteOnTheMove(fleet);
});

/** A connection that brings stray after stray for one session moves to its owner, and nothing is lost on the way. */
async function movesKeepAlive(running: Fleet): Promise<void> {
  const open = (): Promise<RawConnection> => RawConnection.open(running.port);
  const entries = await sessionOnEachSlot(WORKERS, open);
  const shared = await open();
  for (const { session, connection } of [...entries, ...entries]) {
    for (let turn = 1; turn <= 10; turn++) await echo(shared, session, turn, `slot ${session.slot}, ${turn}`);
    connection.destroy();
  }
  shared.destroy();
  await moreStrays(running, "connectionsMoved", 0);
}

describe.each([
  ["socket.io 4.6", "4.6."],
  ["socket.io 4.7", "4.7."],
  ["own", "4.8."],
] as const)("the socket.io of %s", (modules, version) => {
  it(`is ${version}x and runs unchanged`, async () => {
    expect(versionOf(join(MODULES[modules], "socket.io"))).toMatch(
      new RegExp(`^${version.replaceAll(".", "\\.")}`),
    );
    folder = new AppFolder();
    folder.link("node_modules", MODULES[modules]);
    fleet = await startFleet(folder.copy("apps/echo.mjs"), { workers: WORKERS, args: POLICY });
    await servesEverywhere(fleet);
  });

  it("is adopted where CommonJS requires it, too", async () => {
    folder = new AppFolder();
    folder.link("node_modules", MODULES[modules]);
    const app = `
      const http = require("node:http").createServer();
      const io = require("socket.io")(http);
      io.on("connection", (socket) => {
        socket.on("echo", (value, answer) => answer(value));
        socket.on("join", async (room, answer) => { await socket.join(room); answer(); });
        socket.on("shout", (room, text) => io.to(room).emit("shout", text));
      });
      http.listen(Number(process.env.PORT));
    `;
    fleet = await startFleet(folder.write("app.cjs", app), { workers: WORKERS, args: POLICY });
    await servesEverywhere(fleet);
  });
});

it("two copies of socket.io in one app are both adopted", async () => {
  folder = new AppFolder();
  folder.link("node_modules/socket.io", join(MODULES.own, "socket.io"));
  folder.link("node_modules/chat-kit/node_modules", MODULES["socket.io 4.6"]);
  folder.write("node_modules/chat-kit/index.js", `module.exports = require("socket.io").Server;`);
  const app = `
    import { createServer } from "node:http";
    import { Server } from "socket.io";
    import OlderServer from "chat-kit";

    const http = createServer();
    for (const io of [new Server(http, { path: "/newer/" }), new OlderServer(http, { path: "/older/" })]) {
      io.on("connection", (socket) => {
        socket.on("echo", (value, answer) => answer(value));
        socket.on("copy", (answer) => answer(io.constructor === Server ? "newer" : "older"));
        socket.on("join", async (room, answer) => { await socket.join(room); answer(); });
        socket.on("shout", (room, text) => io.to(room).emit("shout", text));
      });
    }
    http.listen(Number(process.env.PORT));
  `;
  fleet = await startFleet(folder.write("app.mjs", app), { workers: WORKERS, args: POLICY });
  for (const copy of ["newer", "older"]) {
    const socket = newClient(fleet.url, "websocket", { path: `/${copy}/` });
    expect(await socket.timeout(5000).emitWithAck("copy")).toBe(copy);
    socket.disconnect();
    await servesEverywhere(fleet, { path: `/${copy}/` });
  }
});

/** Requests that begin while the one before is answered, at every cut of their heads, on connections that are about to move. */
async function losesNoByteOnTheMove(running: Fleet): Promise<void> {
  const open = (): Promise<RawConnection> => RawConnection.open(running.port);
  const body = '42["echo","x"]';
  for (const { session, connection } of await sessionOnEachSlot(WORKERS, open)) {
    connection.destroy();
    const post = head("POST", session.target, {
      "Content-Type": "text/plain",
      "Content-Length": `${body.length}`,
    });
    const bytes = Buffer.from(post + body);
    const shared = await open();
    for (let cut = 0; cut < bytes.length; cut += 9) {
      shared.write(Buffer.concat([bytes, bytes.subarray(0, cut)]));
      expectOk(await shared.response());
      shared.write(bytes.subarray(cut));
      expectOk(await shared.response());
    }
    shared.destroy();
  }
}

async function servesEverywhere(running: Fleet, options = {}): Promise<void> {
  const { slots, errors } = await talkOnAll(running.url, CLIENTS, options);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
  await moreStrays(running, "straysServed", 0);
  await broadcasts(running, options);
}

/** A shout into a room reaches its members on every worker, once. */
async function broadcasts({ url }: Fleet, options: object): Promise<void> {
  const sockets = Array.from({ length: CLIENTS }, () => newClient(url, "websocket", options));
  await Promise.all(sockets.map(connected));
  await Promise.all(sockets.map((socket) => socket.timeout(5000).emitWithAck("join", "room")));
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "room", "hello");
  expect(await Promise.all(heard)).toEqual(Array(CLIENTS).fill("hello"));
  for (const socket of sockets) socket.disconnect();
}

function versionOf(folder: string): string {
  const file = join(folder, "package.json");
  if (!existsSync(file)) throw new Error(`${folder} is not installed: npm test installs it`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
