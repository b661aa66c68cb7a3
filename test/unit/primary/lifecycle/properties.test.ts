/** The invariants of docs/architecture.md that the life cycle alone keeps, over random histories of a fleet. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allWorkers,
  isServing,
  nextDeadline,
  wantedSlots,
} from "../../../../src/primary/lifecycle/queries.js";
import { histories, passUntilEmpty, type Step, step, stops, take, watch } from "./histories.js";
import type { Simulator } from "./simulator.js";

fc.configureGlobal({ numRuns: 120 });

function expectToServeOn(fleet: Simulator, delay: number): void {
  const { leaving, ending, slots } = fleet.state;
  expect(ending).toBeNull();
  expect((leaving?.drainAt ?? 0) - (leaving?.since ?? 0)).toBe(delay);
  expect(leaving?.drainAt).toBeGreaterThan(fleet.now);
  expect(fleet.of("close-listeners")).toEqual([]);
  const asked = fleet.of("drain").map(({ worker }) => worker);
  // Who was to replace a worker that stays is told to go, and who gave its sessions away; who serves is not.
  const told = slots.flatMap(({ workers }) => workers).filter(({ id }) => asked.includes(id));
  const served = told.filter(({ state, accepts }) => state.name === "draining" && accepts);
  expect(served.filter(({ handoff }) => handoff === null)).toEqual([]);
}

describe("in any history", () => {
  it("a slot has one or two workers at most, never two that start, and never two that accept connections", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        const wrong: unknown[] = [];
        watch(setup, ({ state }) => {
          for (const { workers } of state.slots) {
            const starting = workers.filter((worker) => worker.state.name === "starting").length;
            const accepting = workers.filter((worker) => worker.accepts && isServing(worker)).length;
            if (workers.length > 2 || starting > 1 || accepting > 1) wrong.push(workers);
          }
        });
        expect(wrong).toEqual([]);
      }),
    );
  });

  it("a worker of a slot that stays is drained only beside its ready replacement", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        watch(setup, (fleet) => {
          if (fleet.state.ending !== null) return;
          for (const { worker } of fleet.of("drain")) {
            const slot = fleet.state.slots.find(({ workers }) => workers.some(({ id }) => id === worker));
            // Who had given its sessions away for a slot that was to go, and is wanted again, has none left to wait for.
            const gave = slot?.workers.some(({ id, handoff }) => id === worker && handoff?.withheld === null);
            if (slot?.wanted && !gave) expect(slot.workers.map(({ state }) => state.name)).toContain("ready");
          }
        });
      }),
    );
  });

  it("wanted slots are numbered 0 to n-1 without a gap", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        watch(setup, ({ state }) => {
          const numbers = wantedSlots(state).map(({ index }) => index);
          expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index));
          expect(numbers.length).toBeGreaterThan(0);
        });
      }),
    );
  });

  it("a deadline that is over has been acted on: nothing is ever due twice at one moment", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        watch(setup, (fleet) => {
          fleet.post({ type: "tick" });
          expect(nextDeadline(fleet.state) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fleet.now);
        });
      }),
    );
  });

  it("a wanted slot without a worker has a start planned, unless the fleet ends", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        watch(setup, ({ state }) => {
          if (state.ending !== null) return;
          for (const slot of wantedSlots(state)) {
            if (slot.workers.length === 0) expect(slot.restartAt).not.toBeNull();
          }
        });
      }),
    );
  });

  it("the fleet never gives up while a worker is ready", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        watch(setup, (fleet) => {
          const { ending } = fleet.state;
          if (ending?.reason !== "gave-up" || ending.since !== fleet.now) return;
          const asked = fleet.of("drain").map(({ worker }) => worker);
          const wereReady = allWorkers(fleet.state).filter(({ state }) => state.name === "draining");
          expect(wereReady.filter(({ id }) => asked.includes(id))).toEqual([]);
        });
      }),
    );
  });

  it("ends after a stop with every worker gone, nobody started, and one end", () => {
    fc.assert(
      fc.property(histories, stops, fc.array(step, { maxLength: 20 }), (setup, stop, after) => {
        const fleet = watch(setup, () => {});
        fleet.post(stop);
        fleet.pass(setup.shutdownDelay);
        expect(fleet.state.ending).not.toBeNull();
        fleet.forget();
        for (const next of after) take(fleet, next);
        expect(fleet.of("spawn")).toEqual([]);
        passUntilEmpty(fleet);
        expect(fleet.of("spawn")).toEqual([]);
        expect(allWorkers(fleet.state)).toEqual([]);
        expect(fleet.state.ending?.exitCode).toBeOneOf([0, 1, 3, 4]);
      }),
    );
  });

  it("a fleet that is leaving closes nothing and drains nobody, and has left when the delay is over", () => {
    let seen = 0;
    fc.assert(
      fc.property(histories, stops, fc.array(step, { minLength: 5, maxLength: 20 }), (setup, stop, after) => {
        const ready = Array.from({ length: setup.workers }, (_, slot) => slot);
        const steps: Step[] = [
          ...ready.map((slot): Step => ({ do: "worker", pick: slot, what: "ready" })),
          ...setup.steps.slice(0, 10),
          { do: "post", event: stop },
          ...after,
        ];
        watch({ ...setup, steps }, (fleet) => {
          if (fleet.state.leaving === null) return;
          seen += 1;
          expectToServeOn(fleet, setup.shutdownDelay);
        });
      }),
    );
    expect(seen).toBeGreaterThan(100);
  });

  it("every request is answered exactly once by the end", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        const asked: number[] = [];
        const answered: number[] = [];
        const steps = setup.steps.map((next, index): Step => {
          if (next.do !== "post" || (next.event.type !== "reload" && next.event.type !== "scale"))
            return next;
          asked.push(index);
          return { do: "post", event: { ...next.event, request: index } };
        });
        const note = (fleet: Simulator): void =>
          void answered.push(...fleet.of("answer").map(({ request }) => request));
        const fleet = watch({ ...setup, steps }, note);
        fleet.forget();
        fleet.post({ type: "stop", by: "x", signal: true });
        note(fleet);
        expect(answered.sort((a, b) => a - b)).toEqual(asked);
      }),
    );
  });

  it("the same events give the same fleet: nothing but the state and the clock is read", () => {
    fc.assert(
      fc.property(histories, (setup) => {
        expect(watch(setup, () => {}).state).toEqual(watch(setup, () => {}).state);
      }),
    );
  });
});
