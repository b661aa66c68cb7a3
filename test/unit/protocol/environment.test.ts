import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { primaryIsDead, WORKER_SETTINGS } from "../../../src/protocol/environment.js";

const startedBy = (primaryPid: number | undefined): NodeJS.ProcessEnv => ({
  [WORKER_SETTINGS]: JSON.stringify({ primaryPid }),
});

test("a worker knows that its primary died before it began, and whoever has no primary has no dead one", () => {
  const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
  expect(primaryIsDead(startedBy(dead))).toBe(true);
  expect(primaryIsDead(startedBy(process.pid))).toBe(false);
  expect(primaryIsDead({})).toBe(false);
});
