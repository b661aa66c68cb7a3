import { expect, test } from "vitest";
import { statusText } from "../../../src/cli/status.js";
import type { WorkerSnapshot } from "../../../src/protocol/messages.js";
import type { FleetStatus, WorkerStatus } from "../../../src/protocol/status.js";

const snapshot = { sessions: 31, rss: 82_400_000 } as WorkerSnapshot;

const worker: WorkerStatus = {
  slot: 0,
  pid: 4712,
  generation: 2,
  state: "ready",
  uptime: 245_000,
  restarts: 1,
  lastExit: null,
  snapshot,
};

const fleet: FleetStatus = {
  schemaVersion: 1,
  name: "chat",
  version: "1.0.0",
  pid: 4711,
  state: "ready",
  entry: "/srv/chat/app.ts",
  policy: "least-sessions",
  uptime: 7_200_000,
  listening: [{ address: "::", family: "IPv6", port: 3000 }, "/run/chat.sock"],
  sessions: 31,
  workers: [
    { ...worker, slot: 1, pid: null, state: "exited", restarts: 4, lastExit: "code 1", snapshot: null },
    worker,
  ],
};

test("the status is a headline and one line for each worker, in the order of the slots", () => {
  expect(statusText(fleet).split("\n")).toEqual([
    "chat ready · on [::]:3000, /run/chat.sock · 31 sessions · policy least-sessions · up 2h 0m · pid 4711",
    "",
    "slot  state            pid   generation  sessions  restarts  uptime  memory",
    "0     ready            4712  2           31        1         4m 05s  82.4 MB",
    "1     exited (code 1)  -     2           -         4         -       -",
  ]);
});
