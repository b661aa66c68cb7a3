/** `holdfast status` and a worker that is hung. */

import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FleetStatus } from "../../src/protocol/status.js";
import { type FleetProcess, holdfast, ROOT, runtimeFolder, startFleet } from "../helpers/holdfast-command.js";

const ECHO = join(ROOT, "test", "fixtures", "cli", "echo.js");

let runtime: ReturnType<typeof runtimeFolder>;
let fleet: FleetProcess;
let stopped: number | undefined;

beforeEach(async () => {
  runtime = runtimeFolder();
  fleet = await startFleet([ECHO, "-w", "2", "-p", "0", "--name", "shop"], { runtime: runtime.path });
});
afterEach(async () => {
  if (stopped !== undefined) process.kill(stopped, "SIGCONT");
  await fleet.stop();
  runtime.remove();
});

const run = (...args: string[]) => holdfast(args, { runtime: runtime.path });

/** Asks until the workers' numbers, which are a second old at most, say so. */
async function statusOnce(fits: (status: FleetStatus) => boolean): Promise<FleetStatus> {
  for (;;) {
    const status = JSON.parse((await run("status", "--json")).stdout) as FleetStatus;
    if (fits(status)) return status;
  }
}

test("status shows who is hung, and in text says so only then", async () => {
  const hungOf = (status: FleetStatus) => status.workers[0]?.snapshot?.bus.hung;
  const before = await statusOnce((status) => hungOf(status) !== undefined);
  expect(before.workers[0]?.snapshot?.bus).toMatchObject({ hung: [], queuedBytes: 0, lost: 0, malformed: 0 });
  expect((await run("status")).stdout).not.toContain("bus of slot");

  stopped = before.workers[1]?.pid as number;
  process.kill(stopped, "SIGSTOP");
  await statusOnce((status) => hungOf(status)?.length === 1);
  expect((await run("status")).stdout).toMatch(/^bus of slot 0: slot 1 hung$/m);
  expect(fleet.stdout() + fleet.stderr()).toContain(
    "The worker of slot 1 has been silent for 3 s: it is hung",
  );

  process.kill(stopped, "SIGCONT");
  await statusOnce((status) => hungOf(status)?.length === 0);
  expect((await run("status")).stdout).not.toContain("bus of slot 0");
  expect(fleet.stdout() + fleet.stderr()).toContain("The worker of slot 1, which was hung, speaks again.");
});
