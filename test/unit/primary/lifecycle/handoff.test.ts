import { describe, expect, it } from "vitest";
import type { Worker } from "../../../../src/primary/lifecycle/state.js";
import { healthyFleet, Simulator } from "./simulator.js";

const HUP = { type: "reload", by: "SIGHUP" } as const;
const HANDOFF = { handoffTimeout: 10_000, drainTimeout: 5000 };
const NUMBERS = { moved: 512, stayed: {}, longestPause: 14 };

function first(fleet: Simulator, slot: number): Worker {
  const [worker] = fleet.workersOf(slot);
  if (worker === undefined) throw new Error(`slot ${slot} is empty`);
  return worker;
}

/** The first slot's old worker hands over to its new one. */
function handingOver(settings: object = {}): { fleet: Simulator; old: Worker; heir: Worker } {
  const fleet = healthyFleet({ workers: 2, ...HANDOFF, ...settings });
  fleet.post({ ...HUP, request: 1 });
  fleet.ready(0);
  const [old, heir] = fleet.workersOf(0);
  if (old === undefined || heir === undefined) throw new Error(`${fleet.states(0)}`);
  return { fleet, old, heir };
}

function handedOver(fleet: Simulator, old: Worker, report = NUMBERS): void {
  fleet.post({ type: "handed-over", worker: old.id, report });
}

/** What was asked of workers, without the log. */
function asked(fleet: Simulator): string[] {
  return fleet.effects.flatMap((effect) => {
    if (effect.do === "log" || !("worker" in effect)) return [];
    return effect.do === "signal" ? `${effect.signal} ${effect.worker}` : `${effect.do} ${effect.worker}`;
  });
}

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

describe("a new worker that fails while it gets sessions", () => {
  it("makes the old one keep what it had and serve on; the reload fails as always", () => {
    const { fleet, old, heir } = handingOver();
    fleet.forget();
    fleet.exit(heir, null, "SIGKILL");
    expect(asked(fleet)).toEqual([`keep ${old.id}`]);
    expect(fleet.states(0)).toEqual(["ready"]);
    expect(fleet.of("answer")).toMatchObject([{ request: 1, error: { code: "ERR_RELOAD_FAILED" } }]);
    expect(fleet.log).toContain("was killed by SIGKILL before it had taken over; 2 of 2 slots keep");
    fleet.pass(60_000);
    expect(asked(fleet)).toEqual([`keep ${old.id}`]);
  });

  it("is killed when the old one waits in vain for its answer; the old one keeps when it is gone", () => {
    const { fleet, old, heir } = handingOver();
    fleet.forget();
    fleet.post({ type: "handoff-stuck", worker: old.id, slot: 0 });
    fleet.post({ type: "handoff-stuck", worker: old.id, slot: 0 });
    expect(asked(fleet)).toEqual([`SIGKILL ${heir.id}`]);
    expect(fleet.states(0)).toEqual(["handing-over", "stopping"]);
    fleet.exit(heir, null, "SIGKILL");
    expect(asked(fleet)).toEqual([`SIGKILL ${heir.id}`, `keep ${old.id}`]);
    expect(fleet.log).toContain("(It did not answer while it took sessions over.)");
  });

  it("is killed when it is silent for 5 s, and not while it says anything", () => {
    const { fleet, heir } = handingOver({ handoffTimeout: 60_000 });
    fleet.pass(4999);
    fleet.post({ type: "heard", worker: heir.id });
    fleet.pass(4999);
    expect(fleet.of("signal")).toEqual([]);
    fleet.pass(1);
    expect(fleet.of("signal")).toEqual([{ do: "signal", worker: heir.id, signal: "SIGKILL" }]);
  });

  it("does not get the slot although the time is over before it is dead", () => {
    const { fleet, old, heir } = handingOver({ handoffTimeout: 5500 });
    fleet.forget();
    fleet.pass(5500);
    expect(asked(fleet)).toEqual([`SIGKILL ${heir.id}`, `keep ${old.id}`]);
    expect(fleet.states(0)).toEqual(["ready", "stopping"]);
    fleet.exit(heir, null, "SIGKILL");
    expect(fleet.of("keep")).toHaveLength(1);
    expect(fleet.state.reload).toBeNull();
  });

  it("is not tried again by itself, and what its old worker says late changes nothing", () => {
    const { fleet, old, heir } = handingOver();
    fleet.exit(heir);
    fleet.forget();
    handedOver(fleet, old);
    fleet.post({ type: "handoff-progress", worker: old.id, moved: 4, left: 1 });
    fleet.post({ type: "handoff-stuck", worker: old.id, slot: 0 });
    fleet.pass(60_000);
    expect(asked(fleet)).toEqual([]);
    expect(first(fleet, 0)).toMatchObject({ state: { name: "ready" }, handoff: null });
  });

  it("leaves the slots that were done at the new generation, and a later reload may do the rest", () => {
    const { fleet, old } = handingOver();
    handedOver(fleet, old);
    fleet.exit(old, 0);
    fleet.exit(fleet.newest(1));
    expect([fleet.newest(0).generation, fleet.newest(1).generation]).toEqual([2, 1]);
    expect(fleet.log).toContain("1 of 2 slots keep the workers they had");
    fleet.post(HUP);
    fleet.ready(0);
    expect(fleet.states(0)).toEqual(["handing-over", "ready"]);
  });
});

describe("an old worker that dies", () => {
  it("while it hands over leaves its slot to the new one at once, and the reload goes on", () => {
    const { fleet, old, heir } = handingOver();
    fleet.forget();
    fleet.exit(old, null, "SIGKILL");
    expect(asked(fleet)).toEqual([`take-over ${heir.id}`, `spawn ${heir.id + 1}`]);
    expect(fleet.states(0)).toEqual(["ready"]);
    expect(fleet.states(1)).toEqual(["ready", "starting"]);
  });

  it("while the new one starts leaves it the slot as soon as that is ready", () => {
    const fleet = healthyFleet({ workers: 1, ...HANDOFF });
    fleet.post(HUP);
    fleet.exit(first(fleet, 0), null, "SIGKILL");
    fleet.forget();
    fleet.ready(0);
    expect(asked(fleet)).toEqual([`take-over ${fleet.newest(0).id}`]);
    expect(fleet.newest(0).accepts).toBe(true);
    expect(fleet.state.reload).toBeNull();
  });

  it("does not make a fleet give up whose new worker is ready", () => {
    const fleet = new Simulator({ workers: 1, ...HANDOFF, maxFailures: 1 });
    fleet.ready(0);
    fleet.post(HUP);
    fleet.ready(0);
    fleet.exit(first(fleet, 0));
    expect(fleet.state.ending).toBeNull();
    expect(fleet.newest(0).accepts).toBe(true);
  });

  it("and is started again has nobody to take over from", () => {
    const fleet = healthyFleet({ workers: 1, ...HANDOFF });
    fleet.exit(first(fleet, 0), null, "SIGKILL");
    fleet.pass(100);
    expect(fleet.of("spawn")).toMatchObject([{ takesOver: false }]);
    fleet.ready(0);
    expect(fleet.of("take-over")).toEqual([]);
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
