/** The invariants of docs/architecture.md that the life cycle alone keeps, over random histories of a fleet. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetEvent } from "../../../../src/primary/lifecycle/events.js";
import { allWorkers, nextDeadline, wantedSlots } from "../../../../src/primary/lifecycle/queries.js";
import type { Worker } from "../../../../src/primary/lifecycle/state.js";
import { Simulator } from "./simulator.js";

type Step =
  | { readonly do: "post"; readonly event: FleetEvent }
  | { readonly do: "pass"; readonly milliseconds: number }
  /** Something happens to one of the living workers. */
  | {
      readonly do: "worker";
      readonly pick: number;
      readonly what: "ready" | "load" | "boot" | "drained" | "exit";
    };

const requests = fc.option(fc.nat(1000), { nil: undefined });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("worker" as const),
      pick: fc.nat(20),
      what: fc.oneof(
        {
          weight: 20,
          arbitrary: fc.constantFrom("ready" as const, "exit" as const, "exit" as const, "boot" as const),
        },
        { weight: 5, arbitrary: fc.constant("drained" as const) },
        { weight: 1, arbitrary: fc.constant("load" as const) },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), milliseconds: fc.nat(3000) }) },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        fc.record({ type: fc.constant("reload" as const), by: fc.constant("x"), request: requests }),
        fc.record({
          type: fc.constant("scale" as const),
          by: fc.constant("x"),
          to: fc.integer({ min: -1, max: 5 }),
          request: requests,
        }),
        fc.record({
          type: fc.constant("scale-by" as const),
          by: fc.constant("x"),
          change: fc.constantFrom<1 | -1>(1, -1),
        }),
        fc.constant({ type: "ready", worker: 9999 } as const),
        fc.constant({ type: "drained", worker: 1, closed: 0 } as const),
      )
      .map((event) => ({ do: "post" as const, event: event as FleetEvent })),
  },
);
const stops = fc.record({ type: fc.constant("stop" as const), by: fc.constant("x"), signal: fc.boolean() });
/** A stop with a shutdown delay, somewhere in a history: what follows happens while the fleet is leaving, or after. */
const stopSomewhere = { weight: 1, arbitrary: stops.map((event) => ({ do: "post" as const, event })) };
const history = fc.record({
  workers: fc.integer({ min: 1, max: 4 }),
  maxFailures: fc.integer({ min: 1, max: 5 }),
  shutdownDelay: fc.constantFrom(0, 700, 2500),
  steps: fc.array(fc.oneof({ weight: 60, arbitrary: step }, stopSomewhere), { minLength: 10, maxLength: 80 }),
});

function newFleet({ steps: _, ...own }: Setup): Simulator {
  return new Simulator({ ...own, bootTimeout: 4000, drainTimeout: 3000, minUptime: 500 });
}

function take(fleet: Simulator, next: Step): void {
  if (next.do === "pass") fleet.pass(next.milliseconds);
  else if (next.do === "post") fleet.post(next.event);
  else {
    const living = allWorkers(fleet.state);
    const worker = living[next.pick % Math.max(1, living.length)];
    if (worker !== undefined) happen(fleet, worker, next.what);
  }
}

function happen(fleet: Simulator, { id }: Worker, what: Extract<Step, { do: "worker" }>["what"]): void {
  switch (what) {
    case "ready":
      fleet.post({ type: "ready", worker: id });
      break;
    case "drained":
      fleet.post({ type: "drained", worker: id, closed: 0 });
      break;
    case "exit":
      fleet.post({ type: "exited", worker: id, code: 1, signal: null });
      break;
    default:
      fleet.post({ type: "failed", worker: id, kind: what, message: what });
  }
}

fc.configureGlobal({ numRuns: 150 });

type Setup = {
  readonly workers: number;
  readonly maxFailures: number;
  readonly shutdownDelay: number;
  readonly steps: readonly Step[];
};

/** Runs a history and looks at the fleet after each step, with the effects of that step. */
function watch(setup: Setup, look: (fleet: Simulator) => void): Simulator {
  const fleet = newFleet(setup);
  look(fleet);
  for (const next of setup.steps) {
    fleet.forget();
    take(fleet, next);
    look(fleet);
  }
  return fleet;
}

/** A kernel that does what SIGKILL says, and nothing else ever happens: every worker has to be ended by its deadline. */
function passUntilEmpty(fleet: Simulator): void {
  for (let round = 0; round < 50 && allWorkers(fleet.state).length > 0; round++) {
    fleet.forget();
    fleet.pass(500);
    for (const { worker, signal } of fleet.of("signal")) {
      const target = allWorkers(fleet.state).find(({ id }) => id === worker);
      if (signal === "SIGKILL" && target !== undefined) fleet.exit(target, null, "SIGKILL");
    }
  }
}

function expectToServeOn(fleet: Simulator, delay: number): void {
  const { leaving, ending, slots } = fleet.state;
  expect(ending).toBeNull();
  expect((leaving?.drainAt ?? 0) - (leaving?.since ?? 0)).toBe(delay);
  expect(leaving?.drainAt).toBeGreaterThan(fleet.now);
  expect(fleet.of("close-listeners")).toEqual([]);
  const asked = fleet.of("drain").map(({ worker }) => worker);
  // Who was to replace a worker that stays is told to go; who serves is not.
  const told = slots.flatMap(({ workers }) => workers).filter(({ id }) => asked.includes(id));
  expect(told.filter(({ state }) => state.name === "draining")).toEqual([]);
}

describe("in any history", () => {
  it("a slot has one or two workers at most, and never two that start", () => {
    fc.assert(
      fc.property(history, (setup) => {
        watch(setup, ({ state }) => {
          for (const { workers } of state.slots) {
            expect(workers.length).toBeLessThanOrEqual(2);
            expect(workers.filter((worker) => worker.state.name === "starting").length).toBeLessThan(2);
            expect(workers.filter((worker) => worker.state.name === "ready").length).toBeLessThan(2);
          }
        });
      }),
    );
  });

  it("a worker of a slot that stays is drained only beside its ready replacement", () => {
    fc.assert(
      fc.property(history, (setup) => {
        watch(setup, (fleet) => {
          if (fleet.state.ending !== null) return;
          for (const { worker } of fleet.of("drain")) {
            const slot = fleet.state.slots.find(({ workers }) => workers.some(({ id }) => id === worker));
            if (slot?.wanted) expect(slot.workers.map(({ state }) => state.name)).toContain("ready");
          }
        });
      }),
    );
  });

  it("wanted slots are numbered 0 to n-1 without a gap", () => {
    fc.assert(
      fc.property(history, (setup) => {
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
      fc.property(history, (setup) => {
        watch(setup, (fleet) => {
          fleet.post({ type: "tick" });
          expect(nextDeadline(fleet.state) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(fleet.now);
        });
      }),
    );
  });

  it("a wanted slot without a worker has a start planned, unless the fleet ends", () => {
    fc.assert(
      fc.property(history, (setup) => {
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
      fc.property(history, (setup) => {
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
      fc.property(history, stops, fc.array(step, { maxLength: 20 }), (setup, stop, after) => {
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
      fc.property(history, stops, fc.array(step, { minLength: 5, maxLength: 20 }), (setup, stop, after) => {
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
      fc.property(history, (setup) => {
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
      fc.property(history, (setup) => {
        expect(watch(setup, () => {}).state).toEqual(watch(setup, () => {}).state);
      }),
    );
  });
});
