/** Promise: systemd hears of each step of the fleet in its order, and its status; and nothing depends on whether it listens. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Fleet, type FleetOptions, startFleet } from "../helpers/fleet.js";
import { NoticeListener } from "../helpers/heard-notices.js";
import { get } from "../helpers/http-client.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const APP = "systemd/servers.mjs";
const SERVERS = { SERVERS: "0" };

let directory: ReturnType<typeof temporaryDirectory>;
let listener: NoticeListener | undefined;
let fleet: Fleet | undefined;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await fleet?.stop();
  await listener?.close();
  fleet = undefined;
  listener = undefined;
  directory.remove();
});

async function start(
  name: string,
  { env = {}, ...options }: FleetOptions = {},
): Promise<[Fleet, NoticeListener]> {
  const heard = await NoticeListener.open(name);
  listener = heard;
  fleet = await startFleet(APP, { workers: 2, ...options, env: { ...SERVERS, NOTIFY_SOCKET: name, ...env } });
  return [fleet, heard];
}

it("start, reload, stop", async () => {
  const [running, heard] = await start(join(directory.path, "notify"));
  await running.until("status", () =>
    heard.assignments().includes("STATUS=2 of 2 workers ready, 0 sessions"),
  );
  await running.command("reload");
  expect(await running.stop()).toBe(0);
  const steps = heard.assignments("STATUS=", "EXTEND_TIMEOUT_USEC=");
  const monotonic = steps.find((line) => line.startsWith("MONOTONIC_USEC="));
  expect(steps).toEqual(["READY=1", "RELOADING=1", monotonic, "READY=1", "STOPPING=1"]);
  // CLOCK_MONOTONIC in microseconds: since the machine was started, and a moment ago.
  const age = process.hrtime.bigint() / 1000n - BigInt(monotonic?.slice("MONOTONIC_USEC=".length) ?? 0);
  expect(age).toBeGreaterThan(0n);
  expect(age).toBeLessThan(60_000_000n);
  // Its patience is asked for before the fleet is ready, and for longer than a worker may boot.
  const [first] = heard.assignments("STATUS=");
  expect(Number(/^EXTEND_TIMEOUT_USEC=(\d+)$/.exec(first ?? "")?.[1])).toBeGreaterThan(30_000_000);
  expect(heard.assignments()).toContainEqual(expect.stringMatching(/^STATUS=reloading to generation 2, /));
  expect(heard.assignments().at(-1)).toBe("STATUS=stopped");
});

it("a HUP that is refused has a beginning and an end all the same, for who waits for both", async () => {
  const config = join(directory.path, "holdfast.config.json");
  writeFileSync(config, "{}");
  const [running, heard] = await start(join(directory.path, "notify"), { args: ["--config", config] });
  await running.until("ready", () => heard.assignments().includes("READY=1"));
  writeFileSync(config, "{");
  running.process.kill("SIGHUP");
  await running.until("refusal", () => running.stderr.includes("reload refused: "));
  const steps = (): string[] => heard.assignments("STATUS=", "EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC=");
  await running.until("both", () => steps().length === 3);
  expect(steps()).toEqual(["READY=1", "RELOADING=1", "READY=1"]);
});

it("an abstract socket; no worker has the variables; a wrapper is told who the main process is", async () => {
  const name = `@holdfast-test-${process.pid}`;
  const [running, heard] = await start(name, { env: { SYSTEMD_EXEC_PID: "1", WATCHDOG_USEC: "500000" } });
  await running.until(
    "two signs of life",
    () => heard.assignments().filter((line) => line === "WATCHDOG=1").length > 1,
  );
  await running.until("main process", () => heard.assignments().includes(`MAINPID=${running.process.pid}`));
  expect((JSON.parse(await get(running.url)) as { left: string[] }).left).toEqual([]);
});

it("a watchdog that is meant for another process is left to it", async () => {
  const [running, heard] = await start(join(directory.path, "notify"), {
    env: { WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" },
  });
  await running.until("ready", () => heard.assignments().includes("READY=1"));
  expect(await running.stop()).toBe(0);
  expect(heard.assignments()).not.toContain("WATCHDOG=1");
});

it("a fleet that gives up says why", async () => {
  const name = join(directory.path, "notify");
  listener = await NoticeListener.open(name);
  fleet = await startFleet("primary/crashes-on-boot.mjs", {
    workers: 1,
    args: ["--max-failures", "1"],
    env: { NOTIFY_SOCKET: name },
    ready: false,
  });
  expect(await fleet.exited()).toBe(3);
  expect(listener.assignments()).not.toContain("READY=1");
  expect(listener.assignments().at(-1)).toMatch(/^STATUS=gave up: /);
});

it.each([
  [
    "nobody listens",
    { NOTIFY_SOCKET: "/nowhere/notify" },
    /systemd could not be told how the fleet is: systemd-notify: /,
  ],
  [
    "the program is missing",
    { NOTIFY_SOCKET: "@nobody", PATH: "/nowhere" },
    /the program systemd-notify is not installed/,
  ],
])("%s: one warning, and the fleet serves and reloads", async (_what, env, warning) => {
  fleet = await startFleet(APP, { workers: 2, env: { ...SERVERS, ...env } });
  await fleet.command("reload");
  expect(await get(fleet.url)).toContain('"slot"');
  expect(await fleet.stop()).toBe(0);
  expect(fleet.stderr.split("\n").filter((line) => warning.test(line))).toHaveLength(1);
});
