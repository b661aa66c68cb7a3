import { describe, expect, it } from "vitest";
import type { Worker } from "../../../../src/primary/lifecycle/state.js";
import { healthyFleet, type Simulator } from "./simulator.js";

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
