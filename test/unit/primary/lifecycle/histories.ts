/** Test helper: random histories of a fleet, for property tests of its life cycle. */

import fc from "fast-check";
import type { FleetEvent } from "../../../../src/primary/lifecycle/events.js";
import { allWorkers } from "../../../../src/primary/lifecycle/queries.js";
import type { Worker, WorkerState } from "../../../../src/primary/lifecycle/state.js";
import { Simulator } from "./simulator.js";

export type Step =
  | { readonly do: "post"; readonly event: FleetEvent }
  | { readonly do: "pass"; readonly milliseconds: number }
  /** Something happens to one of the living workers. */
  | {
      readonly do: "worker";
      readonly pick: number;
      readonly what: What;
    };

type What =
  | "ready"
  | "ready-alone"
  | "heard"
  | "load"
  | "boot"
  | "progress"
  | "handed-over"
  | "stuck"
  | "drained"
  | "exit";

const REPORT = { moved: 7, stayed: { data: 1 }, longestPause: 5 };
const requests = fc.option(fc.nat(1000), { nil: undefined });
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("worker" as const),
      pick: fc.nat(20),
      what: fc.oneof(
        {
          weight: 20,
          arbitrary: fc.constantFrom<What>("ready", "ready", "exit", "exit", "boot"),
        },
        {
          weight: 12,
          arbitrary: fc.constantFrom<What>("handed-over", "handed-over", "heard", "progress", "stuck"),
        },
        { weight: 2, arbitrary: fc.constant<What>("ready-alone") },
        { weight: 5, arbitrary: fc.constant<What>("drained") },
        { weight: 1, arbitrary: fc.constant<What>("load") },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), milliseconds: fc.nat(3000) }) },
  {
    weight: 3,
    arbitrary: fc
      .oneof(
        fc.record({
          type: fc.constant("reload" as const),
          by: fc.constant("x"),
          request: requests,
          parallel: fc.integer({ min: 0, max: 3 }),
        }),
        fc.record({
          type: fc.constant("scale" as const),
          by: fc.constant("x"),
          to: fc.integer({ min: -1, max: 5 }),
          rebalance: fc.boolean(),
          request: requests,
        }),
        fc.record({
          type: fc.constant("scale-by" as const),
          by: fc.constant("x"),
          change: fc.constantFrom<1 | -1>(1, -1),
        }),
        fc.constant({ type: "ready", worker: 9999 } as const),
        fc.constant({ type: "drained", worker: 1, closed: 0 } as const),
        // Of workers that are gone, or have nothing to hand over.
        fc.nat(12).map((worker) => ({ type: "handed-over" as const, worker, report: REPORT })),
        fc.nat(12).map((worker) => ({ type: "handoff-stuck" as const, worker, slot: worker % 5 })),
      )
      .map((event) => ({ do: "post" as const, event: event as FleetEvent })),
  },
);
/** Nobody dies and nobody is stopped: workers get ready, hand over, drain, or fail before they are ready. */
export const HEALTHY: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("worker" as const),
      pick: fc.nat(20),
      what: fc.constantFrom<What>(
        "ready",
        "ready",
        "ready",
        "handed-over",
        "handed-over",
        "handed-over",
        "drained",
        "drained",
        "heard",
        "progress",
        "ready-alone",
        "stuck",
        "boot",
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), milliseconds: fc.nat(3000) }) },
);
export const stops = fc.record({
  type: fc.constant("stop" as const),
  by: fc.constant("x"),
  signal: fc.boolean(),
});
/** A stop with a shutdown delay, somewhere in a history: what follows happens while the fleet is leaving, or after. */
const stopSomewhere = { weight: 1, arbitrary: stops.map((event) => ({ do: "post" as const, event })) };
const history = fc.record({
  workers: fc.integer({ min: 1, max: 4 }),
  maxFailures: fc.integer({ min: 1, max: 5 }),
  shutdownDelay: fc.constantFrom(0, 700, 2500),
  handoffTimeout: fc.constantFrom(0, 1500, 8000, 8000),
  steps: fc.array(fc.oneof({ weight: 60, arbitrary: step }, stopSomewhere), { minLength: 10, maxLength: 80 }),
});

function newFleet({ steps: _, ...own }: Setup): Simulator {
  return new Simulator({ ...own, bootTimeout: 4000, drainTimeout: 3000, minUptime: 500 });
}

export function take(fleet: Simulator, next: Step): void {
  if (next.do === "pass") fleet.pass(next.milliseconds);
  else if (next.do === "post") fleet.post(next.event);
  else {
    const concerned = concernedBy(fleet, next);
    const worker = concerned[next.pick % Math.max(1, concerned.length)];
    if (worker !== undefined) happen(fleet, worker, next.what);
  }
}

const USUAL: Readonly<Partial<Record<What, WorkerState["name"]>>> = {
  ready: "starting",
  "ready-alone": "starting",
  "handed-over": "handing-over",
  progress: "handing-over",
  stuck: "handing-over",
  drained: "draining",
};

/** Mostly those of whom it may be expected; every fourth time anybody, as with a message that is late. */
function concernedBy(fleet: Simulator, { pick, what }: Extract<Step, { do: "worker" }>): Worker[] {
  const living = allWorkers(fleet.state);
  const likely = living.filter(({ state }) => state.name === USUAL[what]);
  return pick % 4 === 0 || likely.length === 0 ? living : likely;
}

function happen(fleet: Simulator, { id, slot }: Worker, what: What): void {
  switch (what) {
    case "ready":
    case "heard":
      fleet.post({ type: what, worker: id });
      break;
    case "ready-alone":
      fleet.post({ type: "ready", worker: id, unsupported: "its Node is too new" });
      break;
    case "progress":
      fleet.post({ type: "handoff-progress", worker: id, moved: 3, left: 4 });
      break;
    case "handed-over":
      fleet.post({ type: "handed-over", worker: id, report: REPORT });
      break;
    case "stuck":
      fleet.post({ type: "handoff-stuck", worker: id, slot });
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

const DEATH: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("worker" as const),
  pick: fc.nat(20),
  what: fc.constant<What>("exit"),
});

/** A fleet whose workers were all ready and that reloads; then as often as not everything goes well. */
export const reloading: fc.Arbitrary<Setup> = fc
  .record({
    workers: fc.integer({ min: 1, max: 4 }),
    maxFailures: fc.integer({ min: 1, max: 5 }),
    shutdownDelay: fc.constantFrom(0, 700, 2500),
    handoffTimeout: fc.constantFrom(1500, 8000, 8000, 8000),
    parallel: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(
      fc.oneof(
        { weight: 30, arbitrary: HEALTHY },
        { weight: 4, arbitrary: DEATH },
        { weight: 10, arbitrary: step },
        stopSomewhere,
      ),
      {
        minLength: 10,
        maxLength: 60,
      },
    ),
  })
  .map(({ steps, parallel, ...rest }) => {
    const ready = Array.from(
      { length: rest.workers },
      (_, pick): Step => ({ do: "worker", pick, what: "ready" }),
    );
    const reload: Step = { do: "post", event: { type: "reload", by: "x", parallel } };
    return { ...rest, steps: [...ready, reload, ...steps] };
  });

export const histories = fc.oneof(history, reloading);

export type Setup = {
  readonly workers: number;
  readonly maxFailures: number;
  readonly shutdownDelay: number;
  readonly handoffTimeout: number;
  readonly steps: readonly Step[];
};

/** Runs a history and looks at the fleet after each step, with the effects of that step. */
export function watch(setup: Setup, look: (fleet: Simulator) => void): Simulator {
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
export function passUntilEmpty(fleet: Simulator): void {
  for (let round = 0; round < 50 && allWorkers(fleet.state).length > 0; round++) {
    fleet.forget();
    fleet.pass(500);
    for (const { worker, signal } of fleet.of("signal")) {
      const target = allWorkers(fleet.state).find(({ id }) => id === worker);
      if (signal === "SIGKILL" && target !== undefined) fleet.exit(target, null, "SIGKILL");
    }
  }
}
