import { describe, expect, it } from "vitest";
import {
  type FleetState,
  initialState,
  newProgress,
  type Worker,
  type WorkerState,
} from "../../../../src/primary/lifecycle/state.js";
import {
  busyUntil,
  isHealthy,
  type Phase,
  phaseOf,
  statusText,
  stepMessages,
} from "../../../../src/primary/systemd/report.js";
import { fleetSettings } from "../fleet-settings.js";

const READY: WorkerState = { name: "ready", healthyAt: null };
const STARTING: WorkerState = { name: "starting", readyBy: 30_000 };
const DRAINING: WorkerState = { name: "draining", drainBy: 60_000, killAt: 65_000 };

/** One slot for each list of worker states; the workers are numbered from 1. */
function fleet(slots: readonly (readonly WorkerState[])[], part: Partial<FleetState> = {}): FleetState {
  const state = initialState(fleetSettings({ workers: slots.length }), 0);
  let id = 0;
  const worker = (slot: number, workerState: WorkerState): Worker => {
    const rest = { failure: null, accepts: true, unsupported: null, heardAt: null, handoff: null };
    return { id: ++id, slot, generation: 1, pid: id, startedAt: 0, state: workerState, ...rest };
  };
  return {
    ...state,
    slots: state.slots.map((slot, index) => ({
      ...slot,
      restartAt: null,
      workers: (slots[index] ?? []).map((workerState) => worker(index, workerState)),
    })),
    announced: true,
    ...part,
  };
}

const RELOAD = { ...newProgress(2, 0), remaining: [0, 1], parallel: 1, request: null, withheld: null };
const LEAVING = { since: 0, drainAt: 5000 };
const ENDING = { reason: "stop", since: 0, exitCode: 0 } as const;

describe("a phase", () => {
  it.each<[FleetState, Phase["name"], string]>([
    [fleet([[READY], [STARTING]], { announced: false }), "starting", "starting: 1 of 2 workers ready"],
    [fleet([[READY]]), "ready", "1 of 1 worker ready, 1 session"],
    [
      fleet([[READY, STARTING], [READY]], { reload: RELOAD, generation: 2 }),
      "reloading",
      "reloading to generation 2, 2 slots left; 2 of 2 workers ready, 1 session",
    ],
    [
      fleet([[DRAINING]], { ending: ENDING, reload: RELOAD }),
      "stopping",
      "stopping: 1 worker left, 1 session",
    ],
    [fleet([[READY]], { leaving: LEAVING }), "stopping", "stopping: 1 worker left, 1 session"],
  ])("%# is known and said", (state, name, text) => {
    expect(phaseOf(state).name).toBe(name);
    expect(statusText(state, 1)).toBe(text);
  });

  const [starting, ready, stopping]: Phase[] = [
    { name: "starting" },
    { name: "ready" },
    { name: "stopping" },
  ];
  const reloading = (generation: number): Phase => ({ name: "reloading", generation });
  const RELOADING = ["RELOADING=1", "MONOTONIC_USEC=5"];
  it.each<[string, Phase, Phase, string[][]]>([
    ["starting -> ready", starting as Phase, ready as Phase, [["READY=1"]]],
    ["ready -> ready", ready as Phase, ready as Phase, []],
    ["ready -> reloading", ready as Phase, reloading(2), [RELOADING]],
    ["reloading goes on", reloading(2), reloading(2), []],
    ["reloading -> ready", reloading(2), ready as Phase, [["READY=1"]]],
    ["one reload after the other", reloading(2), reloading(3), [["READY=1"], RELOADING]],
    ["starting -> reloading", starting as Phase, reloading(2), [["READY=1"], RELOADING]],
    ["reloading -> stopping", reloading(2), stopping as Phase, [["STOPPING=1"]]],
    ["starting -> stopping", starting as Phase, stopping as Phase, [["STOPPING=1"]]],
  ])("that changes, %s, is said to systemd", (_what, from, to, messages) => {
    expect(stepMessages(from, to, { mainPid: undefined, monotonic: 5n })).toEqual(messages);
  });

  it("says with the first READY=1 which process is the main one, where systemd takes another for it", () => {
    const context = { mainPid: 7, monotonic: 5n };
    expect(stepMessages(starting as Phase, ready as Phase, context)).toEqual([["READY=1", "MAINPID=7"]]);
    expect(stepMessages(reloading(2), ready as Phase, context)).toEqual([["READY=1"]]);
  });
});

it("systemd is asked for patience until the last deadline, and for none while nothing is due", () => {
  const { bootTimeout, drainTimeout } = fleetSettings();
  expect(busyUntil(fleet([[READY]]))).toBeNull();
  expect(busyUntil(fleet([[STARTING], [READY]], { announced: false }))).toBe(30_000);
  expect(busyUntil(fleet([[READY, STARTING], [DRAINING]], { reload: RELOAD }))).toBe(65_000);
  expect(busyUntil(fleet([[READY]], { announced: false }))).toBeNull();
  expect(busyUntil(fleet([[READY]], { leaving: LEAVING }))).toBe(5000 + drainTimeout);
  const waiting = fleet([[]], { announced: false });
  const slots = waiting.slots.map((slot) => ({ ...slot, restartAt: 1000 }));
  expect(busyUntil({ ...waiting, slots })).toBe(1000 + bootTimeout);
});

describe("a sign of life is due", () => {
  const heard =
    (...ids: number[]) =>
    (id: number) =>
      ids.includes(id);
  it("while a ready worker has been heard of", () => {
    expect(isHealthy(fleet([[READY], [READY]]), heard(2))).toBe(true);
    expect(isHealthy(fleet([[READY], [READY]]), heard())).toBe(false);
    // Whoever starts says nothing about those that are to serve.
    expect(isHealthy(fleet([[READY], [STARTING]]), heard(2))).toBe(false);
  });

  it("while the primary tries to get a worker ready, and while it ends", () => {
    expect(isHealthy(fleet([[STARTING]], { announced: false }), heard())).toBe(true);
    const waiting = fleet([[]]);
    expect(
      isHealthy({ ...waiting, slots: waiting.slots.map((slot) => ({ ...slot, restartAt: 9 })) }, heard()),
    ).toBe(true);
    expect(isHealthy(fleet([[READY]], { ending: ENDING }), heard())).toBe(true);
    expect(isHealthy(fleet([[]]), heard())).toBe(false);
  });
});
