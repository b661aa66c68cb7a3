/** Promise: with `--listen pipes:/run/chat` slot i has the Unix socket /run/chat/i.sock, and keeps it through crashes and reloads. */

import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { getFromPath } from "../helpers/http-client.js";
import { isRunning } from "../helpers/processes.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const POLLING = "/socket.io/?EIO=4&transport=polling";

let directory: ReturnType<typeof temporaryDirectory>;
let folder: string;
const cleanUp: (() => unknown)[] = [];
beforeEach(() => {
  directory = temporaryDirectory();
  // Neither is there: the primary makes them.
  folder = join(directory.path, "run", "chat");
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  directory.remove();
});

const pipe = (slot: number): string => join(folder, `${slot}.sock`);
const slotAt = (slot: number): Promise<string> => getFromPath(pipe(slot), "/slot");

function fleetOf(workers: number, options: FleetOptions = {}, entry = "apps/echo.mjs"): Fleet {
  const { args = [], ...rest } = options;
  const fleet = new Fleet(entry, { workers, args: ["--listen", `pipes:${folder}`, ...args], ...rest });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

async function start(workers: number, options: FleetOptions = {}, entry?: string): Promise<Fleet> {
  const fleet = fleetOf(workers, options, entry);
  await fleet.until("ready line", () => fleet.ended || / ready /.test(fleet.stdout));
  const where = workers === 1 ? pipe(0) : `${folder}/{0..${workers - 1}}.sock`;
  expect(fleet.stdout + fleet.stderr).toContain(`holdfast ready name=${fleet.name} pipes=${where} workers=`);
  return fleet;
}

/** One polling session, each request on a connection of its own to the socket that `at` says. */
async function talk(at: (request: number) => string, echoes: number): Promise<string> {
  let requests = 0;
  const ask = (query: string, body?: string): Promise<string> =>
    getFromPath(at(requests++), `${POLLING}${query}`, body === undefined ? "GET" : "POST", body);
  const { sid } = JSON.parse((await ask("")).slice(1)) as { sid: string };
  expect(await ask(`&sid=${sid}`, "40")).toBe("ok");
  expect(await ask(`&sid=${sid}`)).toMatch(/^40/);
  for (let id = 0; id < echoes; id++) {
    expect(await ask(`&sid=${sid}`, `42${id}["echo","text ${id}"]`)).toBe("ok");
    let heard = "";
    while (!heard.includes(`43${id}["text ${id}"]`)) heard += await ask(`&sid=${sid}`);
  }
  return sid;
}

describe("the Unix socket of each slot", () => {
  it("reaches its own worker, always, and the status says so", async () => {
    const fleet = await start(3);
    for (const slot of [0, 1, 2]) {
      for (let turn = 0; turn < 5; turn++) expect(await slotAt(slot)).toBe(`${slot}`);
      expect(await talk(() => pipe(slot), 3)).toMatch(new RegExp(`^000${slot}`));
    }
    const status = await fleet.status();
    expect(status.slotSockets).toEqual({ kind: "pipes", folder });
    expect(status.workers.map(({ listening }) => listening)).toEqual([[pipe(0)], [pipe(1)], [pipe(2)]]);
    expect((await fleet.command("status")).stdout).toMatch(new RegExp(`^2 .* ${pipe(2)}$`, "m"));
  });

  it("serves requests of a session that come to all sockets in turn", async () => {
    await start(3);
    expect(await talk((request) => pipe(request % 3), 20)).toMatch(/^0000/);
  });

  it("may be used by everybody only where the app says so, and is gone at the end", async () => {
    const own = await start(1);
    expect(statSync(pipe(0)).mode & 0o002).toBe(0);
    expect(await own.stop()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    const path = join(directory.path, "the app's own");
    const shared = await start(1, { env: { SOCKET_PATH: path } }, "primary/listens-on-path.mjs");
    expect(statSync(pipe(0)).mode & 0o666).toBe(0o666);
    expect(existsSync(path)).toBe(false);
    expect(await slotAt(0)).toBe("0");
    expect(await shared.stop()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("comes and goes with its slot", async () => {
    const fleet = await start(1);
    await fleet.command("scale", "2");
    expect(await slotAt(1)).toBe("1");
    await fleet.command("reload");
    expect([await slotAt(0), await slotAt(1)]).toEqual(["0", "1"]);
    await fleet.command("scale", "1");
    expect(existsSync(pipe(1))).toBe(false);
    expect(await slotAt(0)).toBe("0");
  });

  it("loses no connection that waits there when its worker is killed", async () => {
    const fleet = await start(2, { args: ["--restart-delay", "500ms"] });
    const pid = await fleet.pidOf(1);
    // Stopped, it accepts nothing: what comes now waits in the kernel's queue.
    process.kill(pid, "SIGSTOP");
    const waiting = Array.from({ length: 20 }, () => connect(pipe(1)));
    await Promise.all(waiting.map((socket) => once(socket, "connect")));
    const answers = waiting.map(answerOf);
    process.kill(pid, "SIGKILL");
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n1$/);
  });
});

/** @returns all that is sent back */
async function answerOf(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write("GET /slot HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
  await once(socket, "close");
  return text;
}

describe("a folder that was used before", () => {
  it("by a primary that was killed is used again", async () => {
    const killed = await start(2);
    const pids = (await killed.status()).workers.map(({ pid }) => pid ?? 0);
    await killed.stop("SIGKILL");
    expect(existsSync(pipe(0))).toBe(true);
    await killed.until("workers end", () => pids.every((pid) => !isRunning(pid)));
    await start(2);
    expect([await slotAt(0), await slotAt(1)]).toEqual(["0", "1"]);
  });

  it("by a fleet that runs is left to it: the second says which socket, and ends with 3", async () => {
    await start(2);
    const second = fleetOf(2);
    expect(await second.exited()).toBe(3);
    expect(second.stderr).toContain(
      `holdfast could not start: slot 0 cannot have ${pipe(0)}: EADDRINUSE, address already in use.`,
    );
    expect([await slotAt(0), await slotAt(1)]).toEqual(["0", "1"]);
  });

  it("by a fleet of fewer slots is left as it was: the sockets of the others are not there", async () => {
    await start(1);
    const second = fleetOf(3);
    expect(await second.exited()).toBe(3);
    expect(readdirSync(folder).sort()).toEqual(["0.sock", "0.sock.holdfast"]);
    expect(await slotAt(0)).toBe("0");
  });
});
