import { describe, expect, it } from "vitest";
import { healthyFleet } from "./simulator.js";

const more = { type: "scale-by", change: 1, by: "SIGTTIN" } as const;
const fewer = { type: "scale-by", change: -1, by: "SIGTTOU" } as const;

describe("scale", () => {
  it("adds a slot with the next number", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post(more);
    expect(fleet.of("spawn")).toMatchObject([{ slot: 2, workers: 3 }]);
  });

  it("drains the last slot and forgets it when its worker is gone", () => {
    const fleet = healthyFleet({ workers: 3 });
    fleet.post(fewer);
    expect(fleet.states(2)).toEqual(["draining"]);
    fleet.exit(fleet.newest(2), 0);
    expect(fleet.state.slots.map(({ index }) => index)).toEqual([0, 1]);
  });

  it("keeps at least one worker, and says why", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post(fewer);
    expect(fleet.states(0)).toEqual(["ready"]);
    expect(fleet.log).toContain("scale refused: A fleet has 1 to 1296 workers, and 0 were asked for");
  });

  it.each([0, -1, 1297, 2.5, Number.NaN])("refuses %s workers", (to) => {
    const fleet = healthyFleet();
    fleet.post({ type: "scale", to, by: "test", request: 3 });
    expect(fleet.of("answer")).toMatchObject([{ request: 3, error: { code: "ERR_WORKERS" } }]);
    expect(fleet.state.slots).toHaveLength(3);
  });

  it("ends where the range of ports ends", () => {
    const fleet = healthyFleet({ workers: 5, listen: { kind: "ports", first: 65530 } });
    fleet.post(more);
    expect(fleet.state.slots).toHaveLength(6);
    fleet.post(more);
    expect(fleet.state.slots).toHaveLength(6);
    expect(fleet.log).toContain(
      "scale refused: A fleet with --listen ports:65530 has 1 to 6 workers, and 7 were asked for. Ask for a number between.",
    );
  });

  it("starts a slot anew beside its worker that still drains", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post(fewer);
    fleet.post(more);
    expect(fleet.states(1)).toEqual(["draining", "starting"]);
    fleet.exit(fleet.workersOf(1)[0] ?? fleet.newest(1), 0);
    fleet.ready(1);
    expect(fleet.states(1)).toEqual(["ready"]);
  });

  it("answers when the new workers are ready", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post({ type: "scale", to: 3, by: "test", request: 1 });
    fleet.ready(1);
    expect(fleet.of("answer")).toEqual([]);
    fleet.ready(2);
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 1, error: null }]);
  });

  it("answers when the surplus is gone", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post({ type: "scale", to: 1, by: "test", request: 1 });
    expect(fleet.of("answer")).toEqual([]);
    fleet.exit(fleet.newest(1), 0);
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 1, error: null }]);
  });

  it("answers with the failure, and what the worker said of it, when a new worker does not get ready", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post({ type: "scale", to: 2, by: "test", request: 1 });
    const message = "listen EADDRINUSE: address already in use :::4001\nand a stack";
    fleet.post({ type: "failed", worker: fleet.newest(1).id, kind: "boot", message });
    fleet.exit(fleet.newest(1));
    const said =
      "The new worker of slot 1 failed: it exited with code 1 (listen EADDRINUSE: address already in use :::4001). It is tried again and again; see the log.";
    expect(fleet.of("answer")).toMatchObject([{ error: { code: "ERR_SCALE_FAILED", message: said } }]);
  });

  it("answers the first asker when a second one wants something else", () => {
    const fleet = healthyFleet({ workers: 1 });
    fleet.post({ type: "scale", to: 2, by: "test", request: 1 });
    fleet.post({ type: "scale", to: 3, by: "test", request: 2 });
    expect(fleet.of("answer")).toMatchObject([{ request: 1, error: { code: "ERR_SCALE_FAILED" } }]);
    fleet.ready(1, 2);
    expect(fleet.of("answer")).toHaveLength(2);
  });
});
