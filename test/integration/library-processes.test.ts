/** Promise: `holdfast(io)` joins processes that something else started: every transport through a balancer that knows nothing. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type AppFolder, MODULES } from "../helpers/app-folder.js";
import { connected, newClient, slotOf, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { type Joined, LibraryProcess, libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";

const CLIENTS = 12;
/** It comes with tsx. */
const ESBUILD = join(MODULES.own, ".bin/esbuild");

let folder: AppFolder | undefined;
let front: RoundRobinFront | undefined;
let fleet: Fleet | undefined;
let processes: LibraryProcess[] = [];

afterEach(async () => {
  front?.close();
  await fleet?.stop();
  await Promise.all(processes.map((process) => process.kill()));
  folder?.remove();
  front = undefined;
  fleet = undefined;
  folder = undefined;
  processes = [];
});

function start(entry: string, env: Record<string, string> = {}): LibraryProcess {
  const started = new LibraryProcess(entry, folder as AppFolder, env);
  processes.push(started);
  return started;
}

/** Three processes of the app behind a front. */
async function startThree(entry: string, env: Record<string, string> = {}): Promise<Joined[]> {
  const started = [0, 1, 2].map(() => start(entry, env));
  const joined = (await Promise.all(started.map((process) => process.joined()))).flat();
  front = await RoundRobinFront.listen(joined.map(({ port }) => port));
  return joined;
}

const copyEcho = (): string => {
  folder = libraryFolder();
  return folder.copy("library/echo.mjs");
};

it("sids name the host whose number HOLDFAST_HOST_NUMBER says; a wrong one is a sentence", async () => {
  const entry = copyEcho();
  const [joined] = await start(entry, { HOLDFAST_HOST_NUMBER: "1295" }).joined();
  const socket = newClient(`http://127.0.0.1:${joined?.port}`, "polling");
  await connected(socket);
  expect((socket.io.engine as unknown as { id: string }).id).toMatch(/^zz00./);
  socket.disconnect();
  const refused = start(entry, { HOLDFAST_HOST_NUMBER: "chat-1" });
  await expect(refused.joined()).rejects.toThrow(
    'HOLDFAST_HOST_NUMBER must be a whole number from 0 to 1295, but is "chat-1".',
  );
});

async function servesEverybody(url: string): Promise<void> {
  const { slots, errors } = await talkOnAll(url, CLIENTS);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
}

/** Members of a room on every process hear a shout once, and everybody is counted. */
async function reachesEverybody(url: string, processCount: number): Promise<void> {
  const sockets = Array.from({ length: CLIENTS }, () => newClient(url, "websocket"));
  await Promise.all(sockets.map(connected));
  expect(new Set(sockets.map(slotOf)).size).toBe(processCount);
  await Promise.all(sockets.map((socket) => socket.timeout(5000).emitWithAck("join", "room")));
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "room", "hello");
  expect(await Promise.all(heard)).toEqual(Array(CLIENTS).fill("hello"));
  expect(await sockets[1]?.timeout(5000).emitWithAck("who")).toBe(CLIENTS);
  for (const socket of sockets) socket.disconnect();
}

describe("processes started by hand, a port each, behind a front that takes them in turn", () => {
  it("serve every transport and reach each other", async () => {
    const joined = await startThree(copyEcho());
    expect(joined.map(({ slot }) => slot).sort()).toEqual([0, 1, 2]);
    await servesEverybody((front as RoundRobinFront).url);
    await reachesEverybody((front as RoundRobinFront).url, 3);
  });

  it("the same with connection state recovery on", async () => {
    await startThree(copyEcho(), { RECOVERY: "1" });
    await servesEverybody((front as RoundRobinFront).url);
    await reachesEverybody((front as RoundRobinFront).url, 3);
  });

  it("one is killed: the others' clients notice nothing, and a newcomer takes its slot", async () => {
    const entry = copyEcho();
    const [victim, ...others] = (await startThree(entry)) as [Joined, Joined, Joined];
    const { url } = front as RoundRobinFront;
    const sockets = others.flatMap(({ port }) =>
      [1, 2, 3].map(() => newClient(`http://127.0.0.1:${port}`, "websocket")),
    );
    await Promise.all(sockets.map(connected));
    expect(sockets.map(slotOf)).not.toContain(victim.slot);
    front?.leaveOut(victim.port);
    process.kill(victim.pid, "SIGKILL");
    const { slots, errors } = await talkOnAll(url, CLIENTS);
    expect(errors).toEqual([]);
    expect(slots).not.toContain(victim.slot);
    for (const socket of sockets) {
      expect(socket.connected).toBe(true);
      expect(await socket.timeout(5000).emitWithAck("echo", "still here")).toBe("still here");
    }
    // The clients of the talk are still leaving.
    const who = (): Promise<unknown> | undefined => sockets[0]?.timeout(5000).emitWithAck("who");
    await expect.poll(who, { timeout: 5000 }).toBe(sockets.length);
    for (const socket of sockets) socket.disconnect();

    const [newcomer] = await start(entry).joined();
    expect(newcomer?.slot).toBe(victim.slot);
  });
});

describe("a process alone", () => {
  it("serves, and ends by itself when the app closes", async () => {
    const alone = start(copyEcho());
    const [{ port, slot }] = (await alone.joined()) as [Joined];
    expect(slot).toBe(0);
    const url = `http://127.0.0.1:${port}`;
    const { errors } = await talkOnAll(url, 6);
    expect(errors).toEqual([]);
    const socket = newClient(url, "websocket");
    await connected(socket);
    socket.emit("go home");
    await alone.closed();
    expect(alone.process.exitCode).toBe(0);
    expect(alone.stderr).toBe("");
    socket.disconnect();
  });
});

it("as workers of node:cluster", async () => {
  copyEcho();
  // In turn, so that all slots get sessions whomever node:cluster prefers.
  const primary = start((folder as AppFolder).copy("library/cluster.mjs"), { POLICY: "round-robin" });
  const [{ port }] = (await primary.joined(3)) as [Joined];
  const url = `http://127.0.0.1:${port}`;
  await servesEverybody(url);
  await reachesEverybody(url, 3);
});

describe("under holdfast start", () => {
  const POLICY = ["--policy", "round-robin"];

  it("the call changes nothing", async () => {
    fleet = await startFleet(copyEcho(), { workers: 3, args: POLICY });
    await servesEverybody(fleet.url);
    await reachesEverybody(fleet.url, 3);
    expect(fleet.stderr).not.toMatch(/warn/i);
  });
});

describe("a minified bundle with socket.io and holdfast in it", () => {
  it.each(["esm", "cjs"])("joins by hand and under holdfast start (%s)", async (format) => {
    const entry = bundle(copyEcho(), format);
    await startThree(entry);
    await servesEverybody((front as RoundRobinFront).url);
    await reachesEverybody((front as RoundRobinFront).url, 3);
    fleet = await startFleet(entry, { workers: 3, args: ["--policy", "round-robin"] });
    await servesEverybody(fleet.url);
    await reachesEverybody(fleet.url, 3);
  });
});

/** @returns the path of one file that needs no dependency */
function bundle(entry: string, format: string): string {
  const { path } = folder as AppFolder;
  const extension = format === "cjs" ? "cjs" : "mjs";
  const target = `${path}/bundled/app.${extension}`;
  const require =
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  const banner = format === "esm" ? [`--banner:js=${require}`] : [];
  const options = ["--bundle", "--minify", "--platform=node", `--format=${format}`, "--log-level=error"];
  execFileSync(ESBUILD, [entry, ...options, ...banner, `--outfile=${target}`]);
  return target;
}
