import { describe, expect, it } from "vitest";
import { fleetPlot } from "../../../../bench/bus/report/fleet-plot.js";
import { busMarkdown, busTerminal } from "../../../../bench/bus/report/markdown.js";
import { stallPlot } from "../../../../bench/bus/report/stall-plot.js";
import { summarizeBus } from "../../../../bench/bus/report/summary.js";
import { busVerdicts } from "../../../../bench/bus/report/targets.js";
import type { BusMeasurement, BusResults, Cost, PhaseFigures, Stall } from "../../../../bench/bus/results.js";
import { niceAbove } from "../../../../bench/report/line-chart.js";

const MEGABYTE = 2 ** 20;

function results(measurements: readonly BusMeasurement[]): BusResults {
  return {
    settings: {
      rounds: 3,
      sideRounds: 1,
      measured: 2500,
      idle: 1500,
      warmUp: 1,
      stall: { before: 1, stopped: 1, after: 1 },
    },
    environment: { node: "v20" },
    errors: [],
    measurements,
  };
}

function costOf(cpu: number): Cost {
  return {
    operations: 1000,
    operationsPerSecond: 500,
    cpuPerOperation: cpu,
    latency: { p50: 1, p99: 2 },
    idleCpu: 500,
    netCpuPerOperation: cpu - 1,
  };
}

type Given = Pick<BusMeasurement, "workload"> & Partial<BusMeasurement>;

const measured = (given: Given): BusMeasurement => ({
  variant: "holdfast",
  workers: 4,
  round: 0,
  failures: {},
  unopened: 0,
  ...given,
});

const verdictOf = (what: string, measurements: readonly BusMeasurement[]) =>
  busVerdicts(summarizeBus(results(measurements))).find((verdict) => verdict.what.startsWith(what));

/** The machine is twice as slow in the second round. */
const PAIRS = [10, 20, 10].flatMap((cpu, round) => [
  measured({ workload: "pairs", workers: 8, round, cost: costOf(cpu) }),
  measured({ workload: "pairs", workers: 8, round, variant: "sticky", cost: costOf(cpu * 5) }),
  measured({ workload: "pairs", workers: 4, round, cost: costOf(cpu) }),
  measured({ workload: "pairs", workers: 16, round, cost: costOf(cpu * 1.2) }),
]);

describe("targets of the bus", () => {
  it("compare with the peer within a round", () => {
    expect(verdictOf("room of 2 members in a fleet of 8", PAIRS)).toMatchObject({
      measured: "0.20 (0.20 to 0.20)",
      met: true,
    });
  });

  it("are missed when the cost grows with the fleet", () => {
    expect(verdictOf("room of 2 members, fleet of 16", PAIRS)).toMatchObject({
      measured: "1.20 (1.20 to 1.20)",
      met: false,
    });
  });

  it.each([
    ["an ack that is missing", { received: 11_999 }],
    ["an ack that came twice", { duplicates: 1 }],
    ["a message to a bystander", { bystanders: 1 }],
    ["bystanders that nobody counted", { bystanders: undefined }],
  ])("are missed by %s", (_what, part) => {
    const exact = { broadcasts: 60, expected: 12_000, received: 12_000, duplicates: 0, bystanders: 0 };
    const turn = (acks: typeof exact) => measured({ workload: "acks", cost: costOf(1), acks });
    expect(verdictOf("acks", [turn(exact)])?.met).toBe(true);
    expect(verdictOf("acks", [turn(exact), turn({ ...exact, ...part } as typeof exact)])?.met).toBe(false);
  });

  it("are missed by one slow answer across a kill, and by one that lacks a living worker", () => {
    const turn = (after: number, answers: number) => {
      const settled = { after, answers, expected: 2, error: null };
      return measured({ workload: "kill", kill: { fetchSockets: settled, serverSideEmit: settled } });
    };
    expect(verdictOf("fetchSockets", [turn(20, 2), turn(30, 2)])?.met).toBe(true);
    expect(verdictOf("fetchSockets", [turn(20, 2), turn(120, 2)])?.met).toBe(false);
    expect(verdictOf("serverSideEmit", [turn(20, 2), turn(30, 1)])?.met).toBe(false);
  });

  it("are missed by a delivery that was neither received nor told lost", () => {
    const missing = "a worker stopped: deliveries";
    expect(verdictOf(missing, [stalled({ sent: 10, received: 7, toldLost: 3 })])?.met).toBe(true);
    expect(verdictOf(missing, [stalled({ sent: 10, received: 7, toldLost: 2 })])).toMatchObject({
      measured: "1",
      met: false,
    });
  });

  it("are missed by a process that grows beyond the bound", () => {
    const growth = (bytes: number) =>
      stalled({ phases: { ...PHASES, after: { ...PHASE, mostMemory: 50 * MEGABYTE + bytes } } });
    expect(verdictOf("a worker stopped: growth", [growth(128 * MEGABYTE)])?.met).toBe(true);
    expect(verdictOf("a worker stopped: growth", [growth(129 * MEGABYTE)])?.met).toBe(false);
  });

  it("are missed by a single failure", () => {
    const turn = measured({ workload: "room", workers: 2, failures: { "a delivery that is missing": 1 } });
    expect(verdictOf("deliveries missing", [turn])).toMatchObject({ measured: "1", met: false });
  });
});

const PHASE: PhaseFigures = { p50: 1, p99: 2, deliveries: 10, mostMemory: 50 * MEGABYTE };
const PHASES = { before: PHASE, stopped: PHASE, after: PHASE };

function stalled(part: Partial<Stall>): BusMeasurement {
  const slices = (["before", "stopped", "after"] as const).map((phase, place) => ({
    ...PHASE,
    at: place * 250,
    phase,
    behind: 0,
  }));
  const counts = { sent: 10, received: 10, missing: 0, toldLost: 0, caughtUpAfter: 250 };
  return measured({ workload: "stall", stall: { phases: PHASES, slices, ...counts, ...part } });
}

describe("reports of the bus", () => {
  const summary = summarizeBus(results([...PAIRS, stalled({})]));

  it("show verdicts and workloads on the terminal and in the documentation", () => {
    expect(busTerminal(summary)).toMatch(/fleet of 8, against cluster-adapter +at most 0\.25 +0\.20 .* ok/);
    expect(busMarkdown(summary)).toContain("| holdfast | 8 | 10.0 | 9.00 | 0.20 (0.20 to 0.20) | 500 |");
  });

  it("draw one group of bars for each size of the fleet", () => {
    const text = fleetPlot(summary);
    for (const size of [4, 8, 16]) expect(text).toContain(`fleet of ${size}<`);
    expect(text.match(/class="target"/g)).toHaveLength(1);
  });

  it("draw lines of memory and latency, with the stop shaded", () => {
    const text = stallPlot(summary) ?? "";
    expect(text.match(/<polyline/g)).toHaveLength(2);
    expect(text.match(/class="band"/g)).toHaveLength(2);
  });

  it("draw nothing of a stop that was not measured", () => {
    expect(stallPlot(summarizeBus(results(PAIRS)))).toBeUndefined();
  });
});

describe("axis of a line chart", () => {
  it.each([
    [0.7, 1],
    [130, 200],
    [200, 200],
    [201, 500],
    [7e8, 1e9],
  ])("above %d ends at %d", (most, end) => {
    expect(niceAbove(most)).toBe(end);
  });
});
