/** Promise: the app's own processes, messages and signals stay its own; an app that forks its workers is told what to remove. */

import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { AppFolder, MODULES } from "../helpers/app-folder.js";
import { connected, newClient, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, type FleetOptions, startFleet } from "../helpers/fleet.js";
import { moreStrays } from "../helpers/strays.js";

const WORKERS = 3;
const POLICY = ["--policy", "round-robin"];
const PROCESSES = "frameworks/processes";

let fleet: Fleet | undefined;
let folder: AppFolder | undefined;
afterEach(async () => {
  await fleet?.stop();
  folder?.remove();
  fleet = undefined;
  folder = undefined;
});

async function start(entry: string, options: FleetOptions = {}): Promise<Fleet> {
  fleet = await startFleet(entry, { workers: WORKERS, ...options });
  return fleet;
}

/** An app from test/fixtures/library beside the packages that it was written for. */
function withCompanions(file: string): string {
  folder = new AppFolder();
  folder.link("node_modules", MODULES.companions);
  return folder.copy(`library/${file}`);
}

describe("an app that starts its own workers", () => {
  const CLUSTERS = `${PROCESSES}/clusters.mjs`;
  it.each([
    ["cluster.fork()", "cluster.fork()", () => CLUSTERS, []],
    ["fork() by name", "cluster.fork()", () => CLUSTERS, ["--", "named"]],
    [
      "@socket.io/sticky",
      "setupMaster() of @socket.io/sticky",
      () => withCompanions("sticky-primary.mjs"),
      [],
    ],
  ])("with %s ends with code 4 and one sentence", async (_how, call, entry, args) => {
    const failing = await start(entry(), { ready: false, args });
    expect(await failing.exited()).toBe(4);
    expect(failing.stderr).toContain(
      `This app starts its own workers with ${call}; holdfast does that. Remove the part that forks, so that every process just runs the app.`,
    );
    expect(failing.stderr.match(/This app starts its own workers/g)).toHaveLength(1);
    expect(failing.stderr).not.toMatch(/^\s+at /m);
  });
});

it("an app written for @socket.io/sticky and its cluster adapter works, and is told once what to remove", async () => {
  const running = await start(withCompanions("sticky-worker.mjs"), { args: POLICY });
  const { slots, errors } = await talkOnAll(running.url, 8);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
  const sockets = Array.from({ length: 8 }, () => newClient(running.url, "websocket"));
  await Promise.all(sockets.map(connected));
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "to all");
  expect(await Promise.all(heard)).toEqual(Array(8).fill("to all"));
  for (const socket of sockets) socket.disconnect();
  expect(running.stderr.match(/Remove that call\./g)).toHaveLength(1);
  expect(running.stderr.match(/Remove io\.adapter\(createAdapter\(\)\)\./g)).toHaveLength(1);
});

it("programs and threads that the app starts are not touched", async () => {
  const { url } = await start(`${PROCESSES}/children.mjs`);
  for (const how of ["fork", "spawn", "execFile", "new Worker"]) {
    const reports = await Promise.all(Array.from({ length: 3 }, () => report(url, how)));
    for (const { sid, settings, execArgv } of reports) {
      // An id of the engine alone, without slot.
      expect(sid).toMatch(/^.{20}$/);
      expect(settings).toBeNull();
      expect(execArgv).toEqual([]);
    }
    expect(new Set(reports.map(({ port }) => port)).size).toBe(reports.length);
  }
});

type Report = { port: number; sid: string; settings: string | null; execArgv: string[] };

async function report(url: string, how: string): Promise<Report> {
  return (await (await fetch(`${url}/${encodeURIComponent(how)}`)).json()) as Report;
}

it("the app hears none of our messages, and may send its own", async () => {
  const running = await start(`${PROCESSES}/hears-messages.mjs`, { args: POLICY });
  const { errors } = await talkOnAll(running.url, 10);
  expect(errors).toEqual([]);
  await moreStrays(running, "upgradesPassed", 0);
  expect(running.stdout.match(/SENT true/g)).toHaveLength(WORKERS);
  expect(running.stdout.match(/DONE null/g)).toHaveLength(WORKERS);
  expect(await running.stop()).toBe(0);
  expect(running.stdout).not.toContain("MESSAGE");
});

describe("a signal", () => {
  const APP = `${PROCESSES}/handles-signals.mjs`;

  it.each([
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGINT"],
    ["SIGTERM,SIGINT", "SIGTERM"],
  ])("runs the app's handlers of %s after the drain: %s", async (handled, heard) => {
    const running = await start(APP, { args: ["--", handled] });
    const sockets = Array.from({ length: 9 }, () => newClient(running.url, "websocket"));
    await Promise.all(sockets.map(connected));
    expect(await running.stop()).toBe(0);
    const lines = running.stdout.split("\n").map((line) => line.replace(/^\d \| /, ""));
    expect(lines.filter((line) => line.startsWith("SIG"))).toEqual(
      Array(WORKERS).fill(`${heard} with 0 sessions`),
    );
    expect(lines.filter((line) => line === "CLEAN")).toHaveLength(WORKERS);
    expect(lines.filter((line) => line.startsWith("LEFT"))).toHaveLength(sockets.length);
    for (const socket of sockets) socket.disconnect();
  });

  it.each([
    ["SIGINT", ""],
    ["SIGINT", "SIGINT,SIGTERM"],
    ["SIGTERM", ""],
  ] as const)(
    "%s to the whole process group ends no worker before it has drained (handlers: %s)",
    async (signal, handled) => {
      const running = await start(APP, { args: ["--", handled], detached: true });
      const ended = running.process;
      const answers = Array.from({ length: 6 }, () => slowAnswer(running.port));
      await running.until("requests under way", () => running.stdout.split("BEGUN").length === 7);
      process.kill(-(ended.pid as number), signal);
      expect(await Promise.all(answers)).toEqual(Array(6).fill("begun done"));
      expect(await running.exited()).toBe(0);
    },
  );
});

/** A request that takes a second, on a connection of its own. */
async function slowAnswer(port: number): Promise<string> {
  const sent = request({ port, host: "127.0.0.1", path: "/slow", agent: false });
  sent.end();
  const [response] = await once(sent, "response");
  return text(response);
}
