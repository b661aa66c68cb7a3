import { describe, expect, it } from "vitest";
import { beyondBroadcasts } from "../../../../bench/bus/measure/acks.js";
import { countsIn } from "../../../../bench/bus/measure/counters.js";
import { caughtUp, fromZero, latenciesOf, phaseFigures } from "../../../../bench/bus/measure/phases.js";
import { readBusOptions } from "../../../../bench/bus/options.js";
import { planBusTurns } from "../../../../bench/bus/plan.js";
import type { Slice } from "../../../../bench/bus/results.js";
import { BUS_NAMES, BUS_VARIANTS, BUS_WORKLOADS } from "../../../../bench/bus/workloads.js";
import { recordMicroseconds, sharedBuckets } from "../../../../bench/load/histogram.js";
import { OptionError } from "../../../../bench/options.js";

const ALL = { workloads: BUS_NAMES, variants: BUS_VARIANTS };

describe("options of the benchmark of the bus", () => {
  it("write the usual file after a full run only", () => {
    expect(readBusOptions([]).json).toMatch(/results\/bus\.json$/);
    for (const part of [["--quick"], ["--only", "holdfast"], ["--workload", "kill"]]) {
      expect(readBusOptions(part).json).toBeUndefined();
    }
  });

  it.each([
    [["--only", "nginx"], "nginx"],
    [["--workload", "echo"], "echo"],
    [["--rounds", "0"], "--rounds 0"],
    [["--workers", "3"], "--workers"],
  ])("refuse %j in a sentence", (args, named) => {
    expect(() => readBusOptions(args)).toThrow(OptionError);
    expect(() => readBusOptions(args)).toThrow(named);
  });
});

describe("plan of the benchmark of the bus", () => {
  it("gives every contender of a workload one turn a round, beginning with another one", () => {
    const turns = planBusTurns({ rounds: 2, sideRounds: 2 }, ALL).filter(
      ({ workload }) => workload === "pairs",
    );
    const [first, second] = [0, 1].map((round) => turns.filter((turn) => turn.round === round));
    expect(first).toHaveLength(BUS_WORKLOADS.pairs.contenders.length);
    expect(second).toHaveLength(BUS_WORKLOADS.pairs.contenders.length);
    expect(first?.[0]).not.toMatchObject({ variant: second?.[0]?.variant, workers: second?.[0]?.workers });
  });

  it("does faults, and what no target needs, in the first rounds only", () => {
    const turns = planBusTurns({ rounds: 3, sideRounds: 1 }, ALL);
    const rounds = (name: string) =>
      new Set(turns.filter((turn) => turn.workload === name).map((turn) => turn.round));
    expect(rounds("kill")).toEqual(new Set([0]));
    expect(rounds("room")).toEqual(new Set([0, 1, 2]));
    const beside = turns.filter(({ variant, workers }) => variant === "sticky" && workers === 16);
    expect(beside.map(({ round }) => round)).toEqual([0]);
  });

  it("leaves out the variants that were not asked for", () => {
    const turns = planBusTurns({ rounds: 1, sideRounds: 1 }, { ...ALL, variants: ["holdfast"] });
    expect(new Set(turns.map(({ variant }) => variant))).toEqual(new Set(["holdfast"]));
  });

  it("divides the members evenly among the workers of every contender", () => {
    for (const { contenders, membersEach } of Object.values(BUS_WORKLOADS)) {
      for (const { workers } of contenders) expect(Number.isInteger(membersEach(workers))).toBe(true);
    }
  });
});

describe("messages to bystanders", () => {
  it("are those beyond the broadcasts that a worker with members must get", () => {
    const counts = [
      [100, 160],
      [100, 175],
    ] as const;
    expect(beyondBroadcasts(counts, 60)).toBe(15);
  });

  it("are unknown where one worker does not count", () => {
    expect(
      beyondBroadcasts(
        [
          [0, 60],
          [0, undefined],
        ],
        60,
      ),
    ).toBeUndefined();
  });
});

describe("counts of the bus in the status of a fleet", () => {
  const status = {
    workers: [
      { pid: 7, snapshot: { bus: { received: 12, lost: 3 } } },
      { pid: 8, snapshot: {} },
    ],
  };

  it("are those of the worker with this process id", () => {
    expect(countsIn(status, 7)).toEqual({ received: 12, lost: 3 });
  });

  it("are unknown for a worker that has not said them, or is not there", () => {
    expect(countsIn(status, 8)).toEqual({ received: undefined, lost: undefined });
    expect(countsIn(status, 9)).toEqual({ received: undefined, lost: undefined });
  });
});

describe("phases around a stop", () => {
  const slice = (at: number, phase: Slice["phase"], part: Partial<Slice> = {}): Slice => ({
    at,
    phase,
    p50: 1,
    p99: 2,
    deliveries: 10,
    mostMemory: 100,
    behind: 0,
    ...part,
  });

  it("add up deliveries and take the largest memory", () => {
    const latencies = sharedBuckets();
    recordMicroseconds(latencies, 3_000);
    const slices = [slice(0, "before"), slice(1, "before", { mostMemory: 300, deliveries: 5 })];
    expect(phaseFigures(latencies, slices)).toMatchObject({ deliveries: 15, mostMemory: 300 });
  });

  it("have no latency where nothing was delivered", () => {
    expect(latenciesOf(sharedBuckets())).toEqual({ p50: null, p99: null });
  });

  it("begin at zero", () => {
    expect(fromZero([slice(500, "before"), slice(750, "stopped")]).map(({ at }) => at)).toEqual([0, 250]);
  });

  it("end with the catching up, counted from the end of the stop", () => {
    const slices = [
      slice(0, "before"),
      slice(250, "stopped", { behind: 900 }),
      slice(500, "after", { behind: 400 }),
      slice(750, "after", { behind: 8 }),
    ];
    expect(caughtUp(slices, 8)).toBe(500);
    expect(caughtUp(slices, 7)).toBeUndefined();
  });
});
