import { describe, expect, it } from "vitest";
import { asked, first, HANDOFF, HUP, handedOver, handingOver } from "./handing-over.js";
import { healthyFleet, Simulator } from "./simulator.js";

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
