import { describe, expect, it } from "vitest";
import { healthyFleet, type Simulator } from "./simulator.js";

const HANDOFF = { handoffTimeout: 10_000, drainTimeout: 5000 };
const REPORT = { moved: 40, stayed: {}, longestPause: 9 };

function scaled(from: number, to: number): Simulator {
  const fleet = healthyFleet({ workers: from, ...HANDOFF });
  fleet.post({ type: "scale", to, by: "test", request: 1 });
  return fleet;
}

function handedOver(fleet: Simulator, slot: number): void {
  const worker = fleet.newest(slot).id;
  fleet.post({ type: "handed-over", worker, report: REPORT });
  fleet.post({ type: "drained", worker, closed: 0 });
}

describe("a worker whose slot is no longer wanted", () => {
  it("gives its sessions to the slots that stay, then drains and goes", () => {
    const fleet = scaled(4, 2);
    expect(fleet.of("hand-over")).toMatchObject([{ to: [0, 1] }, { to: [0, 1] }]);
    expect(fleet.states(3)).toEqual(["handing-over"]);
    expect(fleet.of("drain")).toEqual([]);
    for (const slot of [2, 3]) {
      handedOver(fleet, slot);
      fleet.exit(fleet.newest(slot), 0);
    }
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 1, error: null }]);
    expect(fleet.state.slots).toHaveLength(2);
    expect(fleet.log).toContain(
      "scaled from 4 to 2 workers in 0 ms: 80 sessions moved, 0 dropped, longest pause 9 ms",
    );
    expect(fleet.state.lastChange).toMatchObject({ what: "scale", slots: 2, done: 2, moved: 80 });
  });

  it("drains when its time is over, and is killed if it hangs", () => {
    const fleet = scaled(2, 1);
    fleet.pass(10_000);
    expect(fleet.states(1)).toEqual(["draining"]);
    fleet.pass(5000);
    expect(fleet.of("signal").at(-1)).toMatchObject({ signal: "SIGKILL" });
  });

  it("never has a worker killed that hangs: that one has clients of its own", () => {
    const fleet = scaled(2, 1);
    fleet.post({ type: "handoff-stuck", worker: fleet.newest(1).id, slot: 0 });
    expect(fleet.of("signal")).toEqual([]);
    expect(fleet.states(1)).toEqual(["handing-over"]);
  });

  it("drains at once where nobody can take its sessions, and why is counted", () => {
    const fleet = healthyFleet({ workers: 2, ...HANDOFF });
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    fleet.post({ type: "scale", to: 1, by: "test" });
    expect(fleet.states(1)).toEqual(["draining"]);
    fleet.post({ type: "drained", worker: fleet.newest(1).id, closed: 5 });
    expect(fleet.log).toContain("drained: 0 sessions moved, 5 dropped (refused 5)");
  });

  it("finds other takers when all that it had are gone, and drains when there are none", () => {
    const fleet = scaled(2, 1);
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    expect(fleet.states(1)).toEqual(["draining"]);
    const other = scaled(3, 2);
    other.exit(other.newest(0), null, "SIGKILL");
    expect(other.of("hand-over")).toMatchObject([{ to: [0, 1] }]);
    other.pass(100);
    other.ready(0);
    other.exit(other.newest(1), null, "SIGKILL");
    expect(other.of("hand-over")).toMatchObject([{ to: [0, 1] }, { to: [0] }]);
    expect(other.of("keep")).toHaveLength(1);
  });

  it("waits for a slot that changes its worker, and goes then", () => {
    const fleet = healthyFleet({ workers: 2, ...HANDOFF });
    fleet.post({ type: "reload", by: "test" });
    fleet.ready(0);
    fleet.post({ type: "scale", to: 1, by: "test" });
    expect(fleet.states(1)).toEqual(["ready"]);
    const [old] = fleet.workersOf(0);
    fleet.post({ type: "handed-over", worker: old?.id ?? 0, report: REPORT });
    expect(fleet.states(1)).toEqual(["handing-over"]);
  });

  it("makes a reload wait that would replace who takes its sessions", () => {
    const fleet = scaled(2, 1);
    fleet.post({ type: "reload", by: "test" });
    fleet.ready(0);
    expect(fleet.states(0)).toEqual(["ready", "ready"]);
    handedOver(fleet, 1);
    expect(fleet.states(0)).toEqual(["handing-over", "ready"]);
  });

  it("hands over to its new worker first, where a reload is at it, and that one to the slots that stay", () => {
    const fleet = healthyFleet({ workers: 2, ...HANDOFF });
    fleet.post({ type: "reload", by: "test", parallel: 2 });
    fleet.ready(1);
    fleet.post({ type: "scale", to: 1, by: "test" });
    expect(fleet.states(1)).toEqual(["handing-over", "ready"]);
    const [old] = fleet.workersOf(1);
    fleet.post({ type: "handed-over", worker: old?.id ?? 0, report: REPORT });
    expect(fleet.states(1)).toEqual(["draining", "handing-over"]);
  });

  it("ends, and a new one starts behind it, where its slot is wanted again", () => {
    const fleet = scaled(2, 1);
    fleet.post({ type: "scale", to: 2, by: "test" });
    expect(fleet.states(1)).toEqual(["handing-over"]);
    fleet.post({ type: "handed-over", worker: fleet.newest(1).id, report: REPORT });
    expect(fleet.states(1)).toEqual(["draining", "starting"]);
    expect(fleet.newest(1).accepts).toBe(true);
  });

  it("stays where its slot is wanted again before it began, and is reloaded like the others", () => {
    const fleet = healthyFleet({ workers: 2, ...HANDOFF });
    fleet.post({ type: "reload", by: "test" });
    fleet.ready(0);
    fleet.post({ type: "scale", to: 1, by: "test" });
    fleet.post({ type: "scale", to: 2, by: "test" });
    expect(fleet.states(1)).toEqual(["ready"]);
    const [old] = fleet.workersOf(0);
    fleet.post({ type: "handed-over", worker: old?.id ?? 0, report: REPORT });
    fleet.exit(old ?? fleet.newest(0), 0);
    expect(fleet.states(1)).toEqual(["ready", "starting"]);
    expect(fleet.newest(1)).toMatchObject({ generation: 2, accepts: false });
  });
});
