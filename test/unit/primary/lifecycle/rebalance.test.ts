import { describe, expect, it } from "vitest";
import { sharesOf } from "../../../../src/primary/lifecycle/rebalance.js";
import { healthyFleet, type Simulator } from "./simulator.js";

const HANDOFF = { handoffTimeout: 10_000, drainTimeout: 5000 };
const SCALE = { type: "scale", by: "test", request: 1, rebalance: true } as const;

/** From two slots, with 100 and 60 sessions, to four. */
function scaled(): Simulator {
  const fleet = healthyFleet({ workers: 2, ...HANDOFF });
  fleet.post({ ...SCALE, to: 4 });
  return fleet;
}

describe("scaling up with a rebalance", () => {
  it("lets each slot above the mean give what is above it to the new slots, once all of those are ready", () => {
    const fleet = scaled();
    fleet.ready(2);
    expect(fleet.of("hand-over")).toEqual([]);
    fleet.ready(3);
    expect(fleet.of("hand-over")).toEqual([
      { do: "hand-over", worker: 1, to: [2, 3], within: 9000, share: 60 },
      { do: "hand-over", worker: 2, to: [2, 3], within: 9000, share: 20 },
    ]);
    expect(fleet.states(0)).toEqual(["handing-over"]);
  });

  it("is answered when the last one has given; all serve on, and nobody drains", () => {
    const fleet = scaled();
    fleet.ready(2, 3);
    fleet.post({
      type: "handed-over",
      worker: 1,
      report: { moved: 58, stayed: { data: 2 }, longestPause: 7 },
    });
    expect(fleet.states(0)).toEqual(["ready"]);
    expect(fleet.of("answer")).toEqual([]);
    fleet.pass(10_000);
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 1, error: null }]);
    expect(fleet.of("drain")).toEqual([]);
    expect(fleet.log).toContain(
      "scaled from 2 to 4 workers in 10.0 s: 58 sessions moved, 0 dropped, longest pause 7 ms",
    );
  });

  it("waits for a reload to end, since that moves the same sessions", () => {
    const fleet = healthyFleet({ workers: 1, ...HANDOFF });
    fleet.sessions = [100, 0];
    fleet.post({ type: "reload", by: "test" });
    fleet.post({ ...SCALE, to: 2 });
    fleet.ready(1);
    expect(fleet.of("hand-over")).toEqual([]);
    fleet.exit(fleet.newest(0));
    expect(fleet.of("hand-over")).toMatchObject([{ worker: 1, to: [1], share: 50 }]);
  });

  it("goes on without a worker that dies on the way", () => {
    const fleet = scaled();
    fleet.ready(2, 3);
    fleet.post({ type: "handed-over", worker: 2, report: { moved: 20, stayed: {}, longestPause: 7 } });
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    fleet.pass(100);
    expect(fleet.of("answer")).toEqual([]);
    fleet.ready(0);
    expect(fleet.of("answer")).toMatchObject([{ error: null }]);
  });

  it("is over when all new workers are gone", () => {
    const fleet = scaled();
    fleet.ready(2, 3);
    for (const slot of [2, 3]) fleet.exit(fleet.newest(slot), null, "SIGKILL");
    expect([fleet.states(0), fleet.states(1)]).toEqual([["ready"], ["ready"]]);
  });

  it("moves nothing when workers are fewer, or cannot hand over", () => {
    const fewer = healthyFleet({ workers: 3, handoffTimeout: 0 });
    fewer.post({ ...SCALE, to: 2 });
    fewer.exit(fewer.newest(2), 0);
    fewer.post({ ...SCALE, to: 3, request: 2 });
    fewer.ready(2);
    expect(fewer.of("hand-over")).toEqual([]);
    expect(fewer.of("answer")).toMatchObject([
      { request: 1, error: null },
      { request: 2, error: null },
    ]);
  });
});

it("a share is what a slot has above the mean of all, for older slots only", () => {
  const counts = [9, 4, 0, 90].map((sessions, slot) => ({ slot, sessions }));
  expect(sharesOf(counts, 2)).toEqual([]);
  expect(sharesOf(counts.slice(0, 3), 2)).toEqual([{ slot: 0, sessions: 4 }]);
});
