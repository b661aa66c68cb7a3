/** One fleet of a name, and what may be asked of it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { processStart } from "../../src/primary/process-start.js";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { get, getFromPath } from "../helpers/http-client.js";

let fleet: Fleet;
afterEach(() => fleet.stop("SIGKILL"));

async function start(options: FleetOptions = {}): Promise<Fleet> {
  fleet = new Fleet("primary/hello.mjs", { workers: 2, ...options });
  await fleet.ready();
  return fleet;
}

/** Starts the same command once more. */
async function again(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, fleet.process.spawnargs.slice(1), {
    env: fleet.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  child.stdout.once("data", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

const inFolder = (file = ""): string => join(fleet.directory, fleet.name, file);
const ask = async (method: string, path: string, body?: string): Promise<Record<string, unknown>> =>
  JSON.parse(await getFromPath(inFolder("primary.sock"), path, method, body));

describe("a second fleet of the same name", () => {
  it("is refused with a sentence and exit code 1, and the first serves on", async () => {
    const running = await start();
    const { code, stderr } = await again();
    expect(code).toBe(1);
    expect(stderr).toContain(
      `A fleet named "${running.name}" already runs (pid ${running.process.pid}). Stop it with "holdfast stop --name ${running.name}", or choose another name with --name.`,
    );
    expect(stderr).toContain("ERR_FLEET_RUNNING");
    expect(JSON.parse(await get(running.url))).toMatchObject({ generation: "1" });
    expect((await running.status()).state).toBe("ready");
  });
});

/** A command line that is ready to be started by {@link again}, and a lock file that was there before. */
async function prepare(lock?: string): Promise<void> {
  fleet = new Fleet("primary/never-started.mjs", { workers: 1 });
  await fleet.exited();
  fleet.process.spawnargs[3] = fleet.process.spawnargs[3]?.replace("never-started", "hello") ?? "";
  mkdirSync(inFolder(), { recursive: true, mode: 0o700 });
  if (lock !== undefined) writeFileSync(inFolder("lock"), lock);
}

describe("of four that start at the same moment exactly one runs", () => {
  it.each([
    ["where nothing is", undefined],
    ["where a dead primary left its lock", "4194303 1"],
  ])("%s", async (_where, lock) => {
    await prepare(lock);
    // Nobody ends before the others have tried.
    fleet.environment.BOOT_TIME = "1500";
    const ended = await Promise.all([again(), again(), again(), again()]);
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
    expect(ended.filter(({ stderr }) => stderr.includes("ERR_FLEET_RUNNING"))).toHaveLength(3);
    expect(readdirSync(fleet.directory)).toEqual([]);
  });

  it("and of many that come and go each either runs or is refused", async () => {
    await prepare();
    const many = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn++) {
        const { code, stderr } = await again();
        if (code !== 0) expect(stderr).toContain("ERR_FLEET_RUNNING");
      }
    };
    await Promise.all([many(), many(), many()]);
    expect(readdirSync(fleet.directory)).toEqual([]);
  });
});

describe("a lock that a dead primary left", () => {
  it.each([
    ["of a pid that nobody has", "4194303 1"],
    ["of a pid that another process has by now", `${process.pid} 1`],
    ["that is no lock at all", "???"],
  ])("%s is taken over", async (_whose, content) => {
    await prepare(content);
    const { code, stdout } = await again();
    expect(stdout).toContain("holdfast ready");
    expect(code).toBe(0);
    expect(readdirSync(fleet.directory)).toEqual([]);
  });

  it("whose owner lives is respected, even when it does not answer yet", async () => {
    await prepare(`${process.pid} ${processStart(process.pid)}`);
    const { code, stderr } = await again();
    expect(code).toBe(1);
    expect(stderr).toContain(`already runs (pid ${process.pid})`);
  });
});

describe("the control socket", () => {
  it("is for its owner alone, whatever the folder's mode was", async () => {
    await prepare();
    chmodSync(inFolder(), 0o777);
    const child = spawn(process.execPath, fleet.process.spawnargs.slice(1), {
      env: fleet.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(statSync(inFolder()).mode & 0o777).toBe(0o700);
    expect(statSync(inFolder("primary.sock")).mode & 0o777).toBe(0o600);
    child.kill("SIGTERM");
    await once(child, "exit");
  });

  it("answers GET /status with everything about the fleet", async () => {
    const running = await start();
    await running.until("snapshots", async () => {
      const { workers } = (await ask("GET", "/status")) as { workers: { snapshot: unknown }[] };
      return workers.every(({ snapshot }) => snapshot !== null);
    });
    expect(await ask("GET", "/status")).toMatchObject({
      schemaVersion: 1,
      name: running.name,
      pid: running.process.pid,
      state: "ready",
      policy: "least-sessions",
      listening: [{ address: "127.0.0.1", port: running.port, family: "IPv4" }],
      sessions: 0,
      workers: [
        {
          slot: 0,
          generation: 1,
          state: "ready",
          restarts: 0,
          lastExit: null,
          snapshot: { sessions: 0, peers: 1 },
        },
        {
          slot: 1,
          generation: 1,
          state: "ready",
          restarts: 0,
          lastExit: null,
          snapshot: { sessions: 0, peers: 1 },
        },
      ],
    });
  });

  it.each([
    ["GET", "/nothing", undefined, "ERR_CONTROL_PATH"],
    ["POST", "/scale", "{", "ERR_CONTROL_BODY"],
    ["POST", "/scale", '{"workers":"4"}', "ERR_CONTROL_BODY"],
    ["POST", "/scale", `{"workers":4,"x":"${"x".repeat(5000)}"}`, "ERR_CONTROL_BODY"],
    ["POST", "/scale", '{"workers":0}', "ERR_WORKERS"],
  ])("refuses %s %s with a sentence and a code", async (method, path, body, code) => {
    await start({ workers: 1 });
    expect(await ask(method, path, body)).toMatchObject({
      error: { code, message: expect.stringMatching(/\.$/) },
    });
    expect((await fleet.status()).workers).toHaveLength(1);
  });

  it("scales, and answers when it is done", async () => {
    const running = await start({ workers: 2 });
    const grown = (await ask("POST", "/scale", '{"workers":4}')) as { workers: { state: string }[] };
    expect(grown.workers.map(({ state }) => state)).toEqual(["ready", "ready", "ready", "ready"]);
    const shrunk = (await ask("POST", "/scale", '{"workers":1}')) as { workers: { slot: number }[] };
    expect(shrunk.workers.map(({ slot }) => slot)).toEqual([0]);
    expect(JSON.parse(await get(running.url))).toMatchObject({ slot: "0" });
  });
});

describe("SIGTTIN and SIGTTOU", () => {
  it("make one worker more and one fewer, never none", async () => {
    const running = await start({ workers: 1 });
    const count = async (): Promise<number> =>
      (await running.status()).workers.filter(({ state }) => state === "ready").length;
    running.process.kill("SIGTTIN");
    await running.until("two workers", async () => (await count()) === 2);
    running.process.kill("SIGTTOU");
    await running.until("one worker", async () => (await running.status()).workers.length === 1);
    running.process.kill("SIGTTOU");
    await running.until("refusal", () => running.stderr.includes("scale refused"));
    expect(await count()).toBe(1);
  });
});
