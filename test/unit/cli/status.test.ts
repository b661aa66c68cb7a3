import { expect, test } from "vitest";
import { statusText } from "../../../src/cli/status.js";
import type { BusSnapshot, WorkerSnapshot } from "../../../src/protocol/messages.js";
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
  listening: [],
  snapshot,
};

const fleet: FleetStatus = {
  schemaVersion: 1,
  name: "chat",
  version: "1.0.0",
  pid: 4711,
  state: "ready",
  ready: true,
  drainIn: null,
  admin: null,
  memory: null,
  site: null,
  entry: "/srv/chat/app.ts",
  hostNumber: 0,
  policy: "least-sessions",
  uptime: 7_200_000,
  listening: [{ address: "::", family: "IPv6", port: 3000 }, "/run/chat.sock"],
  slotSockets: null,
  sessions: 31,
  change: null,
  lastChange: null,
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

test("what is under way has a line of its own", () => {
  const none = { now: [], moved: 0, closed: 0, stayed: {}, longestPause: 0 };
  const change = { what: "reload", generation: 3, slots: 4, done: 1, ...none, ms: 2000 } as const;
  expect(
    statusText({ ...fleet, change })
      .split("\n")
      .slice(1, 3),
  ).toEqual(["reload to generation 3: 1 of 4 slots done; about 6s left", ""]);
});

test("the status says when a fleet drains that was told to stop", () => {
  expect(statusText({ ...fleet, state: "stopping", ready: false, drainIn: 4000 })).toMatch(
    /^chat stopping, drains in 4s · on /,
  );
});

test.each([
  [
    { kind: "ports", first: 4000 },
    [address(4000), address(4001)],
    "ports 4000-4001, [::]:9000",
    ["port", "4000", "4001"],
  ],
  [
    { kind: "pipes", folder: "/run/chat" },
    ["/run/chat/0.sock"],
    "pipes /run/chat/{0..1}.sock, [::]:9000",
    ["pipe", "/run/chat/0.sock", "/run/chat/1.sock"],
  ],
] as const)("the status says where each slot listens: %j", (slotSockets, own, where, column) => {
  const lines = statusText({ ...fleet, slotSockets, listening: [...own, address(9000)] }).split("\n");
  expect(lines[0]).toContain(` · on ${where} · `);
  expect(lines.slice(2).map((line) => line.split(/\s+/).at(-1))).toEqual(column);
});

function address(port: number): { address: string; family: string; port: number } {
  return { address: "::", family: "IPv6", port };
}

const quiet: BusSnapshot = {
  hung: [],
  queuedBytes: 999_999,
  sent: 70_000,
  received: 90_000,
  droppedVolatile: 0,
  droppedOverflow: 0,
  droppedTooLarge: 0,
  lost: 0,
  malformed: 0,
};

/** The lines behind the table. */
function notes(...buses: BusSnapshot[]): string[] {
  const workers = buses.map((bus, slot) => ({ ...worker, slot, snapshot: { ...snapshot, bus } }));
  return statusText({ ...fleet, workers })
    .split("\n")
    .slice(3 + buses.length);
}

test("the status does not mention a bus that is well", () => {
  expect(notes(quiet, quiet)).toEqual([]);
});

test("the status says of which worker the bus is in trouble, and how", () => {
  const troubled = {
    ...quiet,
    hung: [12, "bridge" as const, 3],
    queuedBytes: 64_000_000,
    droppedVolatile: 4,
    droppedOverflow: 5,
  };
  const slow = { ...quiet, lost: 5, malformed: 1, droppedTooLarge: 2 };
  expect(notes(troubled, quiet, slow)).toEqual([
    "",
    "bus of slot 0: slot 3, 12 hung · bridge hung · 64.0 MB wait for peers · 4 volatile dropped · 5 dropped for slow peers",
    "bus of slot 2: 2 too large · 5 from peers lost · 1 malformed",
  ]);
});
