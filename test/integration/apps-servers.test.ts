/** Promise: however an app joins Socket.IO and a port, all its workers serve there. */

import { readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { withEachAlone } from "../helpers/acceptors.js";
import { talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { getFromPath } from "../helpers/http-client.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const WORKERS = 3;
const CLIENTS = 7;
/** In turn, so that seven clients are enough to reach every slot, wherever they are accepted. */
const POLICY = ["--policy", "round-robin"];
const ALL = [0, 1, 2];

let fleet: Fleet | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  fleet = undefined;
  expect(code).toBe(0);
});

async function start(form: string, env: Record<string, string> = {}, args: string[] = []): Promise<Fleet> {
  fleet = await startFleet("listen/io-forms.mjs", {
    workers: WORKERS,
    env,
    args: [...POLICY, ...args, "--", form],
  });
  return fleet;
}

async function servesOnEverySlot(url: string, options = {}): Promise<void> {
  const { slots, errors } = await talkOnAll(url, CLIENTS, options);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual(ALL);
}

it.each([
  "new Server(port)",
  "io.listen(port)",
  "io.attach(port)",
  "io.attach(server) that listens",
  "server.listen(port) after an await",
  "server.listen(port, host, backlog, callback)",
  "a server that closes and listens again",
])("%s", async (form) => {
  const { url } = await start(form);
  await servesOnEverySlot(url);
});

it("a server whose port is taken listens on the next, in every worker", async () => {
  const foreign = await listenAnywhere();
  const { url } = await start("a server that lost its port to another and takes a second", {
    TAKEN: `${portOf(foreign)}`,
  });
  await servesOnEverySlot(url);
  foreign.close();
});

it("two servers on port 0 have two ports, each the same in every worker", async () => {
  const { port } = await start("two servers");
  const ports = await listeningPorts();
  expect(ports).toHaveLength(2);
  expect(ports[0]).toBe(port);
  for (const [index, path] of ["/socket.io/", "/other/"].entries()) {
    const url = `http://127.0.0.1:${ports[index]}`;
    expect(await (await fetch(url)).text()).toBe(path);
    await servesOnEverySlot(url, { path });
  }
});

it("--port moves the first server that speaks HTTP, and no other", async () => {
  const { port } = await start("two servers", {}, ["--port", "0"]);
  const ports = await listeningPorts();
  expect(ports).toHaveLength(2);
  expect(ports[0]).toBe(port);
});

/** The ports of the fleet, which are those of each worker. */
async function listeningPorts(): Promise<number[]> {
  const { listening } = await (fleet as Fleet).status();
  return listening.map((address) => (typeof address === "string" ? Number.NaN : address.port));
}

it.each(["a Unix socket", "a Unix socket whose file is removed first"])(
  "%s is shared by all workers and removed at the end",
  async (form) => {
    const temporary = temporaryDirectory();
    const path = join(temporary.path, "app.sock");
    // What a process that crashed has left: only the app that removes it may start.
    if (form !== "a Unix socket") writeFileSync(path, "");
    const options = { workers: WORKERS, env: { SOCKET_PATH: path }, args: ["--", form], ready: false };
    fleet = await startFleet("listen/io-forms.mjs", options);
    const running = fleet;
    await running.until("ready line", () => /^holdfast ready .*path=/m.test(running.stdout));
    expect(await withEachAlone(running, () => getFromPath(path, "/"))).toEqual(["0", "1", "2"]);
    expect(await running.stop()).toBe(0);
    expect(readdirSync(temporary.path)).toEqual([]);
    temporary.remove();
  },
);

it("an exclusive server is one worker's alone, as node:cluster has it", async () => {
  const foreign = await listenAnywhere();
  const port = portOf(foreign);
  await new Promise((resolve) => foreign.close(resolve));
  const { stdout } = await start("exclusive", { TAKEN: `${port}` }).then(async (running) => {
    await running.until(
      "every worker's word",
      () => running.stdout.match(/exclusive: /g)?.length === WORKERS,
    );
    return running;
  });
  expect(stdout.match(/exclusive: \w+/g)?.sort()).toEqual([
    "exclusive: EADDRINUSE",
    "exclusive: EADDRINUSE",
    "exclusive: mine",
  ]);
});

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve) => {
    const server: Server = createServer().listen(0, () => resolve(server));
  });
}

const portOf = (server: Server): number => (server.address() as { port: number }).port;
