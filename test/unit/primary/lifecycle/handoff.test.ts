import { describe, expect, it } from "vitest";
import { asked, first, HANDOFF, HUP, handedOver, handingOver, NUMBERS } from "./handing-over.js";
import { healthyFleet, Simulator } from "./simulator.js";

describe("a reload with handoff", () => {
  it("starts the new worker without connections, and lets the old one hand over once that is ready", () => {
    const { fleet, old, heir } = handingOver();
    expect(fleet.of("spawn")).toMatchObject([{ slot: 0, takesOver: true }]);
    expect(fleet.of("hand-over")).toEqual([{ do: "hand-over", worker: old.id, to: [0], within: 9000 }]);
    expect(fleet.states(0)).toEqual(["handing-over", "ready"]);
    expect([first(fleet, 0).accepts, heir.accepts]).toEqual([true, false]);
  });

  it("lets the new one accept before the old one drains", () => {
    const { fleet, old, heir } = handingOver();
    fleet.forget();
    handedOver(fleet, old);
    expect(asked(fleet)).toEqual([`take-over ${heir.id}`, `drain ${old.id}`]);
    expect(fleet.states(0)).toEqual(["draining", "ready"]);
    expect(fleet.newest(0).accepts).toBe(true);
  });

  it("goes on to the next slot when the old one is gone, and tells at the end what moved", () => {
    const { fleet, old } = handingOver();
    for (const slot of [0, 1]) {
      if (slot === 1) fleet.ready(1);
      handedOver(fleet, first(fleet, slot), { ...NUMBERS, longestPause: 14 + 70 * slot });
      fleet.post({ type: "drained", worker: first(fleet, slot).id, closed: slot });
      fleet.exit(first(fleet, slot), 0);
    }
    expect(fleet.workersOf(0)).not.toContain(old);
    expect(fleet.log).toContain("drained: 512 sessions moved, 0 dropped, longest pause 14 ms");
    expect(fleet.log).toContain(
      "reload to generation 2 finished in 0 ms: 2 workers reloaded, 1,024 sessions moved, 1 dropped, longest pause 84 ms",
    );
    expect(fleet.of("answer")).toEqual([{ do: "answer", request: 1, error: null }]);
    expect(fleet.state.lastChange).toMatchObject({ moved: 1024, closed: 1, slots: 2, done: 2, now: [] });
  });

  it("adds what moved while the old one drained, and takes its last word for what stayed", () => {
    const { fleet, old } = handingOver({ workers: 1 });
    handedOver(fleet, old, { moved: 500, stayed: { "stuck-consumer": 3 }, longestPause: 20 } as never);
    const report = { moved: 2, stayed: { "stuck-consumer": 1 }, longestPause: 35 };
    fleet.post({ type: "drained", worker: old.id, closed: 1, report });
    expect(fleet.log).toContain("502 sessions moved, 1 dropped (stuck-consumer 1), longest pause 35 ms");
    fleet.exit(old, 0);
    expect(fleet.state.lastChange).toMatchObject({ moved: 502, stayed: { "stuck-consumer": 1 } });
  });

  it("does as if all had moved when the time is over, and counts what is told late", () => {
    const { fleet, old, heir } = handingOver({ workers: 1 });
    fleet.forget();
    for (let second = 0; second < 10; second++) {
      fleet.post({ type: "heard", worker: heir.id });
      fleet.pass(1000);
    }
    expect(asked(fleet)).toEqual([`take-over ${heir.id}`, `drain ${old.id}`]);
    handedOver(fleet, old);
    handedOver(fleet, old, { ...NUMBERS, moved: 9999 });
    expect(fleet.of("drain")).toHaveLength(1);
    fleet.post({ type: "drained", worker: old.id, closed: 0 });
    expect(fleet.log).toContain("drained: 512 sessions moved");
  });

  it("kills an old worker that hangs in the end, and goes on", () => {
    const { fleet, old, heir } = handingOver({ workers: 1 });
    for (let second = 0; second < 15; second++) {
      fleet.post({ type: "heard", worker: heir.id });
      fleet.pass(1000);
    }
    expect(asked(fleet)).toContain(`SIGKILL ${old.id}`);
    fleet.exit(old, null, "SIGKILL");
    expect(fleet.state.reload).toBeNull();
    expect(fleet.of("answer")).toMatchObject([{ error: null }]);
  });
});

describe("where sessions cannot move", () => {
  it.each(["old", "new"])(
    "because the %s worker cannot, the new one takes over at once, and why is told and counted",
    (who) => {
      const unsupported = "socket.io 5.0.0 is not known";
      const fleet = new Simulator({ workers: 2, ...HANDOFF });
      const old = fleet.state.slots.map(({ workers: [worker] }) => worker?.id ?? 0);
      for (const worker of old) fleet.post({ type: "ready", worker, ...(who === "old" && { unsupported }) });
      fleet.forget();
      fleet.post(HUP);
      for (const slot of [0, 1]) {
        const heir = fleet.newest(slot).id;
        fleet.post({ type: "ready", worker: heir, ...(who === "new" && { unsupported }) });
        expect(asked(fleet).slice(-2)).toEqual([`take-over ${heir}`, `drain ${old[slot]}`]);
        fleet.post({ type: "drained", worker: old[slot] ?? 0, closed: 60 });
        fleet.exit(first(fleet, slot), 0);
      }
      expect(fleet.of("hand-over")).toEqual([]);
      expect(fleet.log.split("\n").filter((line) => line.includes("is not known"))).toEqual([
        "handoff-impossible: cannot hand sessions over, they are told to reconnect: socket.io 5.0.0 is not known",
      ]);
      expect(fleet.log).toContain("2 workers reloaded, 0 sessions moved, 120 dropped (version 120)");
    },
  );
});

describe("a reload of several slots at a time", () => {
  it("has so many in work as was asked for, and the next one as soon as one is done", () => {
    const fleet = healthyFleet({ workers: 4, ...HANDOFF });
    fleet.post({ ...HUP, parallel: 2 });
    expect(fleet.of("spawn").map(({ slot }) => slot)).toEqual([0, 1]);
    fleet.ready(1);
    handedOver(fleet, first(fleet, 1));
    fleet.exit(first(fleet, 1), 0);
    expect(fleet.of("spawn").map(({ slot }) => slot)).toEqual([0, 1, 2]);
  });

  it.each([0, -1, 1.5])("is refused for %s at a time", (parallel) => {
    const fleet = healthyFleet();
    fleet.post({ ...HUP, request: 3, parallel });
    expect(fleet.of("answer")).toMatchObject([{ request: 3, error: { code: "ERR_PARALLEL" } }]);
    expect(fleet.of("spawn")).toEqual([]);
  });

  it("stops at one that fails: who starts goes, and sessions that are under way arrive", () => {
    const fleet = healthyFleet({ workers: 4, ...HANDOFF });
    fleet.post({ ...HUP, parallel: 3 });
    fleet.ready(1);
    fleet.exit(fleet.newest(0));
    expect([0, 1, 2].map((slot) => fleet.states(slot))).toEqual([
      ["ready"],
      ["handing-over", "ready"],
      ["ready", "stopping"],
    ]);
    expect(fleet.log).toContain("3 of 4 slots keep the workers they had");
    handedOver(fleet, first(fleet, 1));
    fleet.exit(first(fleet, 1), 0);
    expect(fleet.newest(1)).toMatchObject({ generation: 2, accepts: true });
  });
});

describe("a stop while sessions are handed over", () => {
  it("drains both workers", () => {
    const { fleet, old, heir } = handingOver();
    fleet.forget();
    fleet.post({ type: "stop", by: "SIGTERM", signal: true });
    expect(asked(fleet)).toContain(`drain ${old.id}`);
    expect(asked(fleet)).toContain(`drain ${heir.id}`);
    expect(fleet.of("take-over")).toEqual([]);
    for (const worker of [old, heir, fleet.newest(1)]) fleet.exit(worker, 0);
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0 }]);
  });

  it("with a shutdown delay lets the sessions arrive, and starts nothing further", () => {
    const { fleet, old, heir } = handingOver({ shutdownDelay: 20_000 });
    fleet.post({ type: "stop", by: "SIGTERM", signal: true });
    expect(fleet.of("answer")).toMatchObject([{ error: { code: "ERR_STOPPING" } }]);
    fleet.forget();
    handedOver(fleet, old);
    expect(asked(fleet)).toEqual([`take-over ${heir.id}`, `drain ${old.id}`]);
    fleet.exit(old, 0);
    expect(fleet.of("spawn")).toEqual([]);
  });
});
