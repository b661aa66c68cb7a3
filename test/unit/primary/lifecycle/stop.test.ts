import { describe, expect, it } from "vitest";
import { healthyFleet, Simulator } from "./simulator.js";

const TERM = { type: "stop", by: "SIGTERM", signal: true } as const;

function exitAll(fleet: Simulator): void {
  for (const { index } of fleet.state.slots) {
    for (const worker of fleet.workersOf(index)) fleet.exit(worker, 0);
  }
}

describe("stop", () => {
  it("drains every ready worker, refuses clients, and ends with 0 when all are gone", () => {
    const fleet = healthyFleet();
    fleet.post(TERM);
    expect(fleet.of("drain")).toHaveLength(3);
    expect(fleet.of("close-listeners")).toHaveLength(1);
    for (const slot of [0, 1, 2]) fleet.post({ type: "drained", worker: fleet.newest(slot).id, closed: 5 });
    expect(fleet.of("finish")).toEqual([]);
    exitAll(fleet);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0, reason: "stop" }]);
    expect(fleet.of("signal")).toEqual([]);
  });

  it("leaves the app time of its own between the end of draining and SIGKILL", () => {
    const fleet = healthyFleet({ workers: 1, drainTimeout: 10_000 });
    fleet.post(TERM);
    expect(fleet.of("drain")).toMatchObject([{ within: 8000 }]);
    fleet.pass(8000);
    expect(fleet.of("signal")).toMatchObject([{ signal: "SIGTERM" }]);
    fleet.pass(1999);
    expect(fleet.of("signal")).toHaveLength(1);
    fleet.pass(1);
    expect(fleet.of("signal")[1]).toMatchObject({ signal: "SIGKILL" });
  });

  it("ends with 1 when somebody had to be killed", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post(TERM);
    fleet.pass(10_000);
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 1 }]);
  });

  it("kills all at a second signal, and ends with 1", () => {
    const fleet = healthyFleet();
    fleet.post(TERM);
    fleet.pass(300);
    fleet.post({ type: "stop", by: "SIGINT", signal: true });
    expect(fleet.of("signal").map(({ signal }) => signal)).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"]);
    exitAll(fleet);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 1 }]);
  });

  it("takes the echo of one Ctrl-C for the same one", () => {
    const fleet = healthyFleet();
    fleet.post({ type: "stop", by: "SIGINT", signal: true });
    fleet.pass(50);
    fleet.post({ type: "stop", by: "SIGINT", signal: true });
    expect(fleet.of("signal")).toEqual([]);
  });

  it("is never made a kill by a second request over the control socket", () => {
    const fleet = healthyFleet();
    fleet.post({ type: "stop", by: "holdfast stop", signal: false });
    fleet.pass(1000);
    fleet.post({ type: "stop", by: "holdfast stop", signal: false });
    expect(fleet.of("signal")).toEqual([]);
  });

  it("ends workers that still start without draining, and starts nobody any more", () => {
    const fleet = new Simulator({ workers: 2 });
    fleet.ready(0);
    fleet.exit(fleet.newest(1));
    fleet.pass(100);
    fleet.forget();
    fleet.post(TERM);
    expect(fleet.states(1)).toEqual(["stopping"]);
    expect(fleet.of("signal")).toMatchObject([{ worker: fleet.newest(1).id, signal: "SIGTERM" }]);
    fleet.exit(fleet.newest(1), null, "SIGTERM");
    fleet.pass(60_000);
    expect(fleet.of("spawn")).toEqual([]);
  });

  it("cancels a restart that is planned", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.exit(fleet.newest(0));
    fleet.post(TERM);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0 }]);
    fleet.pass(1000);
    expect(fleet.of("spawn")).toEqual([]);
  });

  it("refuses reload and scale, and says so to whoever asked", () => {
    const fleet = healthyFleet();
    fleet.post(TERM);
    fleet.post({ type: "reload", by: "test", request: 7 });
    fleet.post({ type: "scale", to: 5, by: "test", request: 8 });
    expect(fleet.of("answer")).toMatchObject([
      { request: 7, error: { code: "ERR_STOPPING" } },
      { request: 8, error: { code: "ERR_STOPPING" } },
    ]);
  });
});
