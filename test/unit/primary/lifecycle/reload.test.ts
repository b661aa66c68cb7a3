import { describe, expect, it } from "vitest";
import { healthyFleet, Simulator } from "./simulator.js";

const HUP = { type: "reload", by: "SIGHUP" } as const;

/** The oldest worker of the slot drains and goes. */
function oldGoes(fleet: Simulator, slot: number): void {
  const old = fleet.workersOf(slot)[0];
  if (old?.state.name !== "draining") throw new Error(`slot ${slot}: ${fleet.states(slot)}`);
  fleet.post({ type: "drained", worker: old.id, closed: 3 });
  fleet.exit(old, 0);
}

describe("reload", () => {
  it("replaces one slot after the other; an old worker drains only when its replacement is ready", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post(HUP);
    expect(fleet.states(0)).toEqual(["ready", "starting"]);
    expect(fleet.states(1)).toEqual(["ready"]);
    fleet.ready(0);
    expect(fleet.states(0)).toEqual(["draining", "ready"]);
    expect(fleet.states(1)).toEqual(["ready"]);
    oldGoes(fleet, 0);
    expect(fleet.states(1)).toEqual(["ready", "starting"]);
    fleet.ready(1);
    oldGoes(fleet, 1);
    expect([fleet.newest(0).generation, fleet.newest(1).generation]).toEqual([2, 2]);
    expect(fleet.state.reload).toBeNull();
    expect(fleet.log).toContain("reload-finished: reload to generation 2 finished");
  });

  it("is refused while another runs", () => {
    const fleet = healthyFleet();
    fleet.post(HUP);
    fleet.post({ ...HUP, request: 4 });
    expect(fleet.of("answer")).toMatchObject([{ request: 4, error: { code: "ERR_RELOAD_IN_PROGRESS" } }]);
    expect(fleet.of("spawn")).toHaveLength(1);
    expect(fleet.state.generation).toBe(2);
    expect(fleet.log).toContain("reload-refused");
  });

  it("stops at a worker that does not get ready; the old one serves on and the reason is logged", () => {
    const fleet = healthyFleet();
    fleet.post({ ...HUP, request: 1 });
    fleet.post({ type: "failed", worker: fleet.newest(0).id, kind: "boot", message: "no database" });
    fleet.exit(fleet.newest(0));
    fleet.pass(60_000);
    expect(fleet.states(0)).toEqual(["ready"]);
    expect(fleet.newest(0).generation).toBe(1);
    expect(fleet.of("spawn")).toHaveLength(1);
    expect(fleet.of("answer")).toMatchObject([{ request: 1, error: { code: "ERR_RELOAD_FAILED" } }]);
    expect(fleet.log).toContain("exited with code 1 before it was ready (no database)");
    expect(fleet.log).not.toContain("next start");
  });

  it("stops at a worker that takes too long to boot", () => {
    const fleet = healthyFleet({ bootTimeout: 2000 });
    fleet.post(HUP);
    fleet.pass(2000);
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    expect(fleet.state.reload).toBeNull();
    expect(fleet.states(0)).toEqual(["ready"]);
  });

  it("may be asked for again after it failed", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post(HUP);
    fleet.exit(fleet.newest(0));
    fleet.post(HUP);
    fleet.ready(0);
    oldGoes(fleet, 0);
    expect(fleet.newest(0).generation).toBe(3);
  });

  it("answers whoever asked when it is done", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post({ ...HUP, request: 9 });
    fleet.ready(0);
    expect(fleet.of("answer")).toEqual([]);
    oldGoes(fleet, 0);
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 9, error: null }]);
  });

  it("starts a slot that waits for its next try at once, with the new code", () => {
    const fleet = healthyFleet({ restartDelay: 10_000 });
    fleet.exit(fleet.newest(0));
    fleet.post(HUP);
    expect(fleet.newest(0)).toMatchObject({ generation: 2, state: { name: "starting" } });
  });

  it("waits for a worker that still starts instead of adding a second", () => {
    const fleet = new Simulator({ workers: 1 });
    fleet.post(HUP);
    expect(fleet.states(0)).toEqual(["starting"]);
    fleet.ready(0);
    expect(fleet.states(0)).toEqual(["ready", "starting"]);
  });

  it("skips a slot that was dropped meanwhile", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post(HUP);
    fleet.post({ type: "scale", to: 1, by: "test" });
    fleet.exit(fleet.newest(1), 0);
    fleet.ready(0);
    oldGoes(fleet, 0);
    expect(fleet.state.reload).toBeNull();
    expect(fleet.state.slots).toHaveLength(1);
  });

  it("ends, answered, when the fleet is stopped", () => {
    const fleet = healthyFleet();
    fleet.post({ ...HUP, request: 2 });
    fleet.post({ type: "stop", by: "SIGTERM", signal: true });
    expect(fleet.of("answer")).toMatchObject([{ request: 2, error: { code: "ERR_STOPPING" } }]);
    expect(fleet.states(0)).toEqual(["draining", "stopping"]);
  });

  it("lets listening sockets that nobody holds go when it is done, not before", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post(HUP);
    fleet.ready(0);
    expect(fleet.of("settled")).toEqual([]);
    oldGoes(fleet, 0);
    expect(fleet.of("settled")).toHaveLength(1);
  });
});
