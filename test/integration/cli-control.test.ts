/** `holdfast status`, `stop`, `reload` and `scale` against a fleet that runs. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FleetProcess, holdfast, ROOT, runtimeFolder, startFleet } from "../helpers/holdfast-command.js";

const ECHO = join(ROOT, "test", "fixtures", "cli", "echo.js");

let runtime: ReturnType<typeof runtimeFolder>;
let fleets: FleetProcess[];

beforeEach(() => {
  runtime = runtimeFolder();
  fleets = [];
});

afterEach(async () => {
  await Promise.all(fleets.map((fleet) => fleet.stop()));
  runtime.remove();
});

const run = (...args: string[]) => holdfast(args, { runtime: runtime.path });

async function start(name: string, workers = 1): Promise<FleetProcess> {
  const args = [ECHO, "-w", String(workers), "-p", "0", "--name", name];
  const fleet = await startFleet(args, { runtime: runtime.path });
  fleets.push(fleet);
  return fleet;
}

test("status of the only fleet needs no name, and shows a line for each worker", async () => {
  const { port, pid } = await start("shop", 2);
  const { code, stdout } = await run("status");
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(
    new RegExp(`^shop ready · on .*:${port} · 0 sessions · policy least-sessions · up \\d+s · pid ${pid}$`),
  );
  expect(lines[2]?.split(/\s+/).join(" ")).toBe("slot state pid generation sessions restarts uptime memory");
  expect(lines.slice(3).map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ["0", "ready"],
    ["1", "ready"],
  ]);
});

test("status --json is the whole status on one line", async () => {
  const { port, pid } = await start("shop", 2);
  const { stdout } = await run("status", "--json");
  expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    name: "shop",
    pid,
    state: "ready",
    listening: [{ port }],
    workers: [
      { slot: 0, state: "ready", generation: 1, restarts: 0 },
      { slot: 1, state: "ready", generation: 1, restarts: 0 },
    ],
  });
});

test("where several fleets run, a command asks for the name, and takes it", async () => {
  const [shop] = await Promise.all([start("shop"), start("bank")]);
  const unnamed = await run("status");
  expect(unnamed.code).toBe(2);
  expect(unnamed.stderr).toContain("Several fleets are running: bank, shop. Choose one with --name");
  const { stdout } = await run("status", "--name", "shop", "--json");
  expect(JSON.parse(stdout).pid).toBe(shop.pid);
});

test("where no fleet runs, each command says so in one sentence and ends in 1", async () => {
  for (const command of [["status"], ["stop"], ["reload"], ["scale", "2"]]) {
    const { code, stderr } = await run(...command);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^holdfast: No fleet is running \(looked in .*\(ERR_NO_FLEET: [^\n]*\n$/);
  }
  const { code, stderr } = await run("status", "--name", "shop");
  expect(code).toBe(1);
  expect(stderr).toContain('No fleet named "shop" is running. No other runs either.');
});

test("what else lies in the runtime folder is no fleet", async () => {
  await start("shop");
  writeFileSync(join(runtime.path, "notes.txt"), "");
  mkdirSync(join(runtime.path, "empty"));
  expect((await run("status", "--json")).code).toBe(0);
});

test("stop returns when the primary is gone, which ends in 0", async () => {
  const { pid, ended } = await start("shop", 2);
  const { code, stdout } = await run("stop", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    stopped: "shop",
    pid,
    sessions: 0,
    ms: expect.any(Number),
  });
  expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: "ESRCH" }));
  expect((await ended).code).toBe(0);
  expect((await run("status")).code).toBe(1);
});

test("a second fleet of the same name is refused with a sentence", async () => {
  const { pid } = await start("shop");
  const second = await run("start", ECHO, "-p", "0", "--name", "shop");
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`A fleet named "shop" already runs (pid ${pid}).`);
  const third = await run("start", ECHO, "-p", "0", "--name", "shop", "--log", "json");
  expect(JSON.parse(third.stderr)).toMatchObject({
    level: "error",
    event: "failed",
    code: "ERR_FLEET_RUNNING",
  });
});

test("reload gives every slot a new worker of the next generation", async () => {
  await start("shop", 2);
  const before = JSON.parse((await run("status", "--json")).stdout);
  const { code, stdout } = await run("reload");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^2 workers reloaded.* \(shop, generation 2, \d+ ?m?s\)\n$/);
  const after = JSON.parse((await run("status", "--json")).stdout);
  const pids = (status: { workers: { pid: number }[] }): number[] => status.workers.map(({ pid }) => pid);
  expect(pids(after).filter((pid) => pids(before).includes(pid))).toEqual([]);
});

test("scale changes the number of workers", async () => {
  await start("shop", 1);
  expect((await run("scale", "3")).stdout).toBe("Scaled the fleet shop to 3 workers.\n");
  expect(JSON.parse((await run("status", "--json")).stdout).workers).toHaveLength(3);
});

test("scale to something that is no number is wrong usage", async () => {
  const { code, stderr } = await run("scale", "many");
  expect(code).toBe(2);
  expect(stderr).toContain('must be a whole number from 1 to 1296, but is "many"');
});
