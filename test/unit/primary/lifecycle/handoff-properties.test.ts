/** What the life cycle promises about handing sessions over, in random histories: who accepts, who is told what, and that all of it ends. */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Effect } from "../../../../src/primary/lifecycle/events.js";
import {
  allWorkers,
  findWorker,
  heirIdOf,
  isServing,
  takersOf,
} from "../../../../src/primary/lifecycle/queries.js";
import type { FleetState, Slot, Worker } from "../../../../src/primary/lifecycle/state.js";
import { HEALTHY, reloading, type Setup, type Step, take, watch } from "./histories.js";
import type { Simulator } from "./simulator.js";

// A hundred histories of a fleet are much for a machine that does other things, too.
vi.setConfig({ testTimeout: 30_000 });
fc.configureGlobal({ numRuns: 1000 });

/** Workers as they see themselves: by what they were told, and by nothing else. */
class ToldWorkers {
  readonly accepting = new Set<number>();
  readonly counts = new Map<string, number>();

  hear(effect: Effect): void {
    if (effect.do === "spawn" && !effect.takesOver) this.accepting.add(effect.worker);
    if (effect.do === "take-over") this.accepting.add(effect.worker);
    if (effect.do === "drain") this.accepting.delete(effect.worker);
    if (effect.do === "drain" || effect.do === "take-over") this.#count(`${effect.do} ${effect.worker}`);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

/** After each step; told of the fleet before it, too. */
function watchBoth(setup: Setup, look: (fleet: Simulator, before: FleetState) => void): void {
  let before: FleetState | undefined;
  watch(setup, (fleet) => {
    look(fleet, before ?? fleet.state);
    before = fleet.state;
  });
}

/** Every worker does as it is told, at once. */
function obey(fleet: Simulator): void {
  for (const { id } of allWorkers(fleet.state)) {
    const worker = findWorker(fleet.state, id);
    switch (worker?.state.name) {
      case "starting":
        fleet.post({ type: "ready", worker: id });
        break;
      case "handing-over":
        fleet.post({
          type: "handed-over",
          worker: id,
          report: { moved: 1, stayed: {}, longestPause: 1 },
        });
        break;
      case "draining":
        fleet.post({ type: "drained", worker: id, closed: 0 });
        break;
      case "stopping":
        fleet.exit(worker, 0);
        break;
      default:
        fleet.post({ type: "heard", worker: id });
    }
  }
  fleet.pass(50);
}

function isAtRest(state: FleetState): boolean {
  const { reload, scaling, slots } = state;
  const isQuiet = slots.every(
    ({ workers: [worker, ...more] }) => worker?.state.name === "ready" && more.length === 0,
  );
  return reload === null && scaling === null && isQuiet;
}

const served = ({ workers }: Slot): boolean => workers.some(isServing);

describe("in any history", () => {
  it("whoever alone serves a slot accepts its connections, and no two do", () => {
    let beside = 0;
    fc.assert(
      fc.property(reloading, (setup) => {
        const wrong: Slot[] = [];
        watch(setup, ({ state }) => {
          for (const slot of state.slots.filter(served)) {
            if (slot.workers.filter((worker) => worker.accepts && isServing(worker)).length !== 1)
              wrong.push(slot);
            if (slot.workers.filter(isServing).length === 2) beside += 1;
          }
        });
        expect(wrong).toEqual([]);
      }),
    );
    expect(beside).toBeGreaterThan(30);
  });

  it("what the fleet believes of who accepts is what the workers were told, each at most once", () => {
    fc.assert(
      fc.property(reloading, (setup) => {
        const told = new ToldWorkers();
        const wrong: Worker[] = [];
        const fleet = watch(setup, ({ effects, state }) => {
          effects.forEach((effect) => void told.hear(effect));
          const serving = allWorkers(state).filter(isServing);
          wrong.push(...serving.filter(({ id, accepts }) => told.accepting.has(id) !== accepts));
        });
        expect(wrong).toEqual([]);
        expect(fleet.state.nextWorker).toBeGreaterThan(1);
        expect([...told.counts].filter(([, count]) => count > 1)).toEqual([]);
      }),
    );
  });

  it("an old worker is told to drain after its heir was told to take over, never before", () => {
    let seen = 0;
    fc.assert(
      fc.property(reloading, (setup) => {
        watchBoth(setup, (fleet, before) => {
          const done = fleet.effects.map((effect) =>
            "worker" in effect ? `${effect.do} ${effect.worker}` : "",
          );
          for (const worker of allWorkers(before)) {
            const heir = heirIdOf(worker);
            const drain = done.indexOf(`drain ${worker.id}`);
            if (heir === undefined || drain === -1 || fleet.state.ending !== null) continue;
            // An heir that is gone, or on its way out, takes nothing over.
            if (findWorker(fleet.state, heir) === undefined) continue;
            if (findWorker(before, heir)?.state.name !== "ready" || done.includes(`signal ${heir}`)) continue;
            seen += 1;
            expect(done.slice(0, drain)).toContain(`take-over ${heir}`);
          }
        });
      }),
    );
    expect(seen).toBeGreaterThan(3);
  });

  it("handing over has a deadline, and is told the worker with less time than that", () => {
    fc.assert(
      fc.property(reloading, (setup) => {
        watch(setup, (fleet) => {
          for (const { state } of allWorkers(fleet.state)) {
            if (state.name !== "handing-over") continue;
            expect(state.by).toBeGreaterThan(fleet.now);
            expect(state.by).toBeLessThanOrEqual(fleet.now + setup.handoffTimeout);
          }
          for (const { within } of fleet.of("hand-over")) expect(within).toBeLessThan(setup.handoffTimeout);
        });
      }),
    );
  });

  it("keep is told a worker exactly when those to whom it handed over are gone", () => {
    let kept = 0;
    fc.assert(
      fc.property(reloading, (setup) => {
        watchBoth(setup, (fleet, before) => {
          for (const { worker } of fleet.of("keep")) {
            kept += 1;
            const takers = takersOf(findWorker(before, worker) ?? fail()) ?? [];
            const left = takers.map((id) => findWorker(fleet.state, id)?.state.name ?? "gone");
            // One that is killed is not gone yet.
            expect(left.filter((name) => name !== "gone" && name !== "stopping")).toEqual([]);
          }
          for (const worker of allWorkers(fleet.state)) {
            const takers = takersOf(worker);
            if (takers === undefined) continue;
            expect(takers.some((id) => findWorker(fleet.state, id) !== undefined)).toBe(true);
          }
        });
      }),
    );
    expect(kept).toBeGreaterThan(0);
  });

  it("nobody who accepts connections is killed, but by a second signal to stop", () => {
    fc.assert(
      fc.property(reloading, (setup) => {
        watchBoth(setup, (fleet, before) => {
          // Time may pass a drain and its end in one step.
          const drained = fleet.of("drain").map(({ worker }) => worker);
          const killed = fleet
            .of("signal")
            .filter(({ worker }) => !drained.includes(worker))
            .map(({ worker }) => findWorker(before, worker));
          const serving = killed.filter((worker) => worker?.accepts && isServing(worker));
          if (fleet.state.ending === null) expect(serving).toEqual([]);
        });
      }),
    );
  });

  it("a reload and a scaling end, and every slot is served, once the workers do as they are told", () => {
    let reloads = 0;
    fc.assert(
      fc.property(reloading, fc.boolean(), (setup, reload) => {
        const fleet = watch(setup, () => {});
        if (reload) fleet.post({ type: "reload", by: "x" });
        for (let round = 0; round < 120 && !isAtRest(fleet.state); round++) obey(fleet);
        if (fleet.state.ending !== null) return;
        expect([fleet.state.reload, fleet.state.scaling]).toEqual([null, null]);
        for (const slot of fleet.state.slots) {
          expect([slot.wanted, slot.workers.map(({ state, accepts }) => [state.name, accepts])]).toEqual([
            true,
            [["ready", true]],
          ]);
        }
        if (reload) reloads += 1;
      }),
    );
    expect(reloads).toBeGreaterThan(5);
  });

  it("a reload ends although no worker says anything any more", () => {
    fc.assert(
      fc.property(reloading, (setup) => {
        const fleet = watch(setup, () => {});
        fleet.post({ type: "reload", by: "x" });
        fleet.forget();
        for (let round = 0; round < 400 && fleet.state.reload !== null; round++) {
          fleet.pass(100);
          for (const { worker, signal } of fleet.of("signal")) {
            const target = findWorker(fleet.state, worker);
            if (signal === "SIGKILL" && target !== undefined) fleet.exit(target, null, signal);
          }
          fleet.forget();
        }
        expect(fleet.state.reload).toBeNull();
      }),
    );
  });

  it("a reload in which nobody who serves dies leaves no slot without a worker that serves, at any time", () => {
    fc.assert(
      fc.property(reloading, fc.array(HEALTHY, { maxLength: 40 }), (setup, steps) => {
        const begin: Step[] = Array.from({ length: setup.workers }, (_, slot): Step => {
          return { do: "worker", pick: slot, what: "ready" };
        });
        const reload: Step = { do: "post", event: { type: "reload", by: "x", parallel: 2 } };
        const fleet = watch({ ...setup, steps: begin }, () => {});
        for (const next of [reload, ...steps]) {
          take(fleet, next);
          expect(fleet.state.slots.filter((slot) => !served(slot))).toEqual([]);
        }
      }),
    );
  });
});

function fail(): never {
  throw new Error("somebody who does not exist was told something");
}
