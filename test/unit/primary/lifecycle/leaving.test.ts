import { describe, expect, it } from "vitest";
import { healthyFleet, Simulator } from "./simulator.js";

const TERM = { type: "stop", by: "SIGTERM", signal: true } as const;
const DELAY = { shutdownDelay: 5000 };

function told(settings: object = {}): Simulator {
  const fleet = healthyFleet({ ...DELAY, ...settings });
  fleet.post(TERM);
  return fleet;
}

describe("with a shutdown delay, a fleet that was told to stop", () => {
  it("serves on for so long: nobody drains, no socket is closed; then it stops as always", () => {
    const fleet = told();
    fleet.pass(4999);
    expect(fleet.of("drain")).toEqual([]);
    expect(fleet.of("close-listeners")).toEqual([]);
    expect(fleet.state.leaving).not.toBeNull();
    fleet.pass(1);
    expect(fleet.of("drain")).toHaveLength(3);
    expect(fleet.of("close-listeners")).toHaveLength(1);
    for (const slot of [0, 1, 2]) fleet.exit(fleet.newest(slot), 0);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0, reason: "stop" }]);
  });

  it("says so, and says when it drains", () => {
    const fleet = told();
    expect(fleet.log).toBe("stopping: stopping: SIGTERM; serves on for 5000 ms, then 3 workers drain");
    fleet.pass(5000);
    expect(fleet.log).toContain("draining: draining: 3 workers");
  });

  it("does the same for holdfast stop, and never kills for a second one", () => {
    const fleet = healthyFleet(DELAY);
    fleet.post({ type: "stop", by: "holdfast stop", signal: false });
    fleet.pass(1000);
    fleet.post({ type: "stop", by: "holdfast stop", signal: false });
    expect(fleet.of("drain")).toEqual([]);
    expect(fleet.of("signal")).toEqual([]);
    fleet.pass(4000);
    expect(fleet.of("drain")).toHaveLength(3);
  });

  it("is killed at once by a second signal, and ends with 1", () => {
    const fleet = told();
    fleet.pass(1000);
    fleet.post({ type: "stop", by: "SIGINT", signal: true });
    expect(fleet.of("signal").filter(({ signal }) => signal === "SIGKILL")).toHaveLength(3);
    expect(fleet.of("close-listeners")).toHaveLength(1);
    for (const slot of [0, 1, 2]) fleet.exit(fleet.newest(slot), null, "SIGKILL");
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 1 }]);
  });

  it("is killed by a second signal that comes just after the delay, too", () => {
    const fleet = told();
    fleet.pass(5050);
    fleet.post(TERM);
    expect(fleet.of("signal").filter(({ signal }) => signal === "SIGKILL")).toHaveLength(3);
  });

  it("takes the echo of a Ctrl-C for the same one", () => {
    const fleet = told();
    fleet.pass(100);
    fleet.post({ type: "stop", by: "SIGINT", signal: true });
    expect(fleet.of("signal")).toEqual([]);
    expect(fleet.of("drain")).toEqual([]);
  });

  it("replaces a worker that crashes meanwhile", () => {
    const fleet = told();
    fleet.exit(fleet.newest(1), null, "SIGKILL");
    fleet.pass(100);
    expect(fleet.of("spawn")).toMatchObject([{ slot: 1 }]);
    fleet.ready(1);
    fleet.pass(4900);
    expect(fleet.of("drain")).toHaveLength(3);
  });

  it("refuses reload and scale", () => {
    const fleet = told();
    fleet.post({ type: "reload", by: "test", request: 7 });
    fleet.post({ type: "scale", to: 5, by: "test", request: 8 });
    fleet.post({ type: "scale-by", change: 1, by: "SIGTTIN" });
    expect(fleet.of("answer")).toMatchObject([
      { request: 7, error: { code: "ERR_STOPPING" } },
      { request: 8, error: { code: "ERR_STOPPING" } },
    ]);
    expect(fleet.of("spawn")).toEqual([]);
  });

  it("ends a reload where it is: who serves stays, who would have replaced it goes, who asked is told", () => {
    const fleet = healthyFleet(DELAY);
    fleet.post({ type: "reload", by: "test", request: 7 });
    expect(fleet.states(0)).toEqual(["ready", "starting"]);
    fleet.post(TERM);
    expect(fleet.states(0)).toEqual(["ready", "stopping"]);
    expect(fleet.of("answer")).toMatchObject([{ request: 7, error: { code: "ERR_STOPPING" } }]);
    fleet.exit(fleet.newest(0), null, "SIGTERM");
    fleet.pass(1000);
    expect(fleet.states(0)).toEqual(["ready"]);
  });

  it("answers whoever waits for more workers", () => {
    const fleet = healthyFleet(DELAY);
    fleet.post({ type: "scale", to: 4, by: "test", request: 8 });
    fleet.post(TERM);
    expect(fleet.of("answer")).toMatchObject([{ request: 8, error: { code: "ERR_STOPPING" } }]);
  });

  it("stops earlier, and with 0, where its workers cannot start again", () => {
    const fleet = told({ workers: 1, maxFailures: 2 });
    fleet.exit(fleet.newest(0));
    for (let start = 0; start < 2; start++) {
      fleet.pass(200);
      fleet.exit(fleet.newest(0));
    }
    expect(fleet.now).toBeLessThan(10_000);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0, reason: "stop" }]);
  });

  it("does not wait where nobody served yet, or nobody does any more", () => {
    const starting = new Simulator(DELAY);
    starting.ready(0);
    starting.post(TERM);
    expect(starting.of("drain")[0]).toMatchObject({ worker: 1 });
    expect(starting.state.leaving).toBeNull();
    const crashed = healthyFleet({ ...DELAY, workers: 1 });
    crashed.exit(crashed.newest(0));
    crashed.post(TERM);
    expect(crashed.of("finish")).toMatchObject([{ exitCode: 0 }]);
  });
});
