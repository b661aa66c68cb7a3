import { describe, expect, it } from "vitest";
import { fleetStatus, type WorkerReport } from "../../../src/primary/status.js";
import type { WorkerSnapshot } from "../../../src/protocol/messages.js";
import { fleetSettings } from "./fleet-settings.js";
import { Simulator } from "./lifecycle/simulator.js";

const snapshot = { sessions: 5, sessionsOpened: 9, rss: 1e8 } as WorkerSnapshot;
const address = { address: "::", family: "IPv6", port: 3000 };

function statusOf(fleet: Simulator, reports: Record<number, WorkerReport> = {}) {
  return fleetStatus(fleet.state, {
    settings: fleetSettings({ name: "chat" }),
    version: "1.2.3",
    pid: 99,
    now: fleet.now,
    memory: null,
    site: null,
    reportOf: (id) => reports[id],
  });
}

describe("status", () => {
  it("goes from starting to ready to stopping", () => {
    const fleet = new Simulator({ workers: 1 });
    expect(statusOf(fleet).state).toBe("starting");
    fleet.ready(0);
    expect(statusOf(fleet).state).toBe("ready");
    fleet.post({ type: "stop", by: "test", signal: false });
    expect(statusOf(fleet).state).toBe("stopping");
  });

  it("says for how long a fleet that was told to stop serves on, and that nobody new should come", () => {
    const fleet = new Simulator({ workers: 1, shutdownDelay: 5000 });
    expect(statusOf(fleet)).toMatchObject({ ready: false, drainIn: null });
    fleet.ready(0);
    expect(statusOf(fleet)).toMatchObject({ ready: true, drainIn: null });
    fleet.post({ type: "stop", by: "test", signal: false });
    fleet.pass(2000);
    expect(statusOf(fleet)).toMatchObject({ state: "stopping", ready: false, drainIn: 3000 });
  });

  it("adds the workers' sessions up, and names each address once", () => {
    const fleet = new Simulator({ workers: 2 });
    const report = { heardAt: 0, snapshot, listening: [address, "/run/app.sock"] };
    expect(statusOf(fleet, { 1: report, 2: report })).toMatchObject({
      sessions: 10,
      listening: [address, "/run/app.sock"],
    });
  });

  it("does not name where only draining workers listen: the new code may listen elsewhere", () => {
    const fleet = new Simulator({ workers: 1 });
    fleet.ready(0);
    fleet.post({ type: "reload", by: "test" });
    fleet.ready(0);
    const elsewhere = { ...address, port: 4000 };
    const reports = {
      1: { heardAt: 0, snapshot, listening: [address] },
      2: { heardAt: 0, snapshot, listening: [elsewhere] },
    };
    expect(statusOf(fleet, reports).listening).toEqual([elsewhere]);
  });

  it("shows both workers of a slot during a reload", () => {
    const fleet = new Simulator({ workers: 1 });
    fleet.ready(0);
    fleet.pass(500);
    fleet.post({ type: "reload", by: "test" });
    expect(statusOf(fleet).workers).toMatchObject([
      { slot: 0, generation: 1, state: "ready", uptime: 500 },
      { slot: 0, generation: 2, state: "starting", uptime: 0 },
    ]);
  });

  it("shows a slot whose worker is gone, and how it went", () => {
    const fleet = new Simulator({ workers: 1, maxFailures: 9 });
    fleet.exit(fleet.newest(0), 7);
    expect(statusOf(fleet).workers).toEqual([
      {
        slot: 0,
        pid: null,
        generation: 1,
        state: "exited",
        uptime: 0,
        restarts: 1,
        lastExit: "exited with code 7",
        listening: [],
        snapshot: null,
      },
    ]);
  });

  it("tells how far a reload is, slot by slot, and what the last one came to", () => {
    const fleet = new Simulator({ workers: 2, handoffTimeout: 10_000 });
    fleet.ready(0, 1);
    expect(statusOf(fleet)).toMatchObject({ change: null, lastChange: null });
    fleet.post({ type: "reload", by: "test" });
    const idle = { slot: 0, moved: 0, left: 0 };
    expect(statusOf(fleet).change?.now).toEqual([{ ...idle, phase: "starting" }]);
    fleet.ready(0);
    fleet.post({ type: "handoff-progress", worker: 1, moved: 300, left: 200 });
    fleet.now += 40;
    expect(statusOf(fleet).change).toEqual({
      what: "reload",
      generation: 2,
      slots: 2,
      done: 0,
      now: [{ slot: 0, phase: "handing-over", moved: 300, left: 200 }],
      moved: 300,
      closed: 0,
      stayed: {},
      longestPause: 0,
      ms: 40,
    });
    const report = { moved: 499, stayed: { data: 1 }, longestPause: 12 };
    fleet.post({ type: "handed-over", worker: 1, report });
    expect(statusOf(fleet).change?.now).toEqual([{ slot: 0, phase: "draining", moved: 499, left: 0 }]);
    fleet.post({ type: "drained", worker: 1, closed: 1 });
    fleet.exit(fleet.workersOf(0)[0] ?? fleet.newest(0), 0);
    expect(statusOf(fleet).change).toMatchObject({ done: 1, moved: 499, closed: 1, stayed: { data: 1 } });
    fleet.exit(fleet.newest(1));
    const last = { what: "reload", generation: 2, slots: 2, done: 1, now: [], moved: 499 };
    expect(statusOf(fleet)).toMatchObject({ change: null, lastChange: last });
  });

  it("tells how far a scaling is", () => {
    const fleet = new Simulator({ workers: 3, handoffTimeout: 10_000 });
    fleet.ready(0, 1, 2);
    fleet.post({ type: "scale", to: 1, by: "test" });
    fleet.post({ type: "handoff-progress", worker: 3, moved: 4, left: 1 });
    expect(statusOf(fleet).change).toMatchObject({
      what: "scale",
      slots: 2,
      done: 0,
      moved: 4,
      now: [
        { slot: 1, phase: "handing-over" },
        { slot: 2, phase: "handing-over", moved: 4, left: 1 },
      ],
    });
  });
});
