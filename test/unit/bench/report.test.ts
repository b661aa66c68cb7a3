import { describe, expect, it } from "vitest";
import type { Measurement, RunResults } from "../../../bench/measure/results.js";
import { markdownReport, replaceSection } from "../../../bench/report/markdown.js";
import { plot } from "../../../bench/report/plot.js";
import { spreadOf } from "../../../bench/report/statistics.js";
import { summarize } from "../../../bench/report/summary.js";
import { verdictsOf } from "../../../bench/report/targets.js";
import { terminalReport } from "../../../bench/report/terminal.js";

const BASE = {
  operations: 1000,
  operationsPerSecond: 500,
  latency: { p50: 1, p99: 2 },
  failures: {},
  sessions: [60, 40],
};

function measured(variant: Measurement["variant"], round: number, part: Partial<Measurement>): Measurement {
  return { ...BASE, variant, round, workload: "echo", cpuPerOperation: 10, ...part };
}

function results(measurements: readonly Measurement[]): RunResults {
  return {
    settings: {
      workers: 2,
      rounds: 3,
      warmUpSessions: 800,
      measured: 2500,
      threads: 2,
      sharedConnections: false,
      rowOfConnects: 1000,
      idleBefore: 2000,
      idleConnections: 4000,
    },
    environment: { node: "v20" },
    leftOut: {},
    errors: [],
    measurements,
  };
}

/** The machine is twice as slow in the second round; holdfast costs 1.04 times control in each. */
const SLOW_ROUND = results(
  [10, 20, 10].flatMap((cpu, round) => [
    measured("control", round, { cpuPerOperation: cpu }),
    measured("holdfast", round, { cpuPerOperation: cpu * 1.04 }),
  ]),
);

describe("statistics", () => {
  it("takes the middle of an odd and of an even number of rounds", () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 });
    expect(spreadOf([4, 1, 3, 2]).median).toBe(2.5);
  });
});

describe("summary", () => {
  it("compares within a round, so that a slow round does not count against a variant", () => {
    const row = summarize(SLOW_ROUND).rows.find(({ variant }) => variant === "holdfast");
    expect(row?.ratio?.least).toBeCloseTo(1.04);
    expect(row?.ratio?.most).toBeCloseTo(1.04);
  });

  it("has no ratio without a control", () => {
    const [row] = summarize(results([measured("holdfast", 0, {})])).rows;
    expect(row?.ratio).toBeUndefined();
  });

  it("adds up the failures of all rounds", () => {
    const rounds = [0, 1].map((round) => measured("sticky", round, { failures: { "no answer": 2 } }));
    const [row] = summarize(results(rounds)).rows;
    expect(row?.failures).toBe(4);
    expect(row?.failureKinds).toEqual({ "no answer": 4 });
  });

  it("compares memory as a difference", () => {
    const idle = (variant: Measurement["variant"], total: number): Measurement =>
      measured(variant, 0, { workload: "idle", memory: { total, javascript: 5_000, withFreeHeap: total } });
    const { rows } = summarize(results([idle("control", 20_000), idle("holdfast", 20_900)]));
    expect(rows.find(({ variant }) => variant === "holdfast")?.memory?.extra?.median).toBe(900);
  });
});

describe("targets", () => {
  const verdict = (ratio: number): boolean | undefined =>
    verdictsOf(
      summarize(
        results([
          measured("control", 0, { cpuPerOperation: 100 }),
          measured("holdfast", 0, { cpuPerOperation: 100 * ratio }),
        ]),
      ),
    )[0]?.met;

  it("are met at the limit and missed above it", () => {
    expect(verdict(1.05)).toBe(true);
    expect(verdict(1.06)).toBe(false);
  });

  it("are missed by a single failure", () => {
    const one = measured("holdfast", 0, { failures: { "wrong answer": 1 } });
    const failures = verdictsOf(summarize(results([one]))).find(({ what }) => what.startsWith("failures"));
    expect(failures).toMatchObject({ measured: "1", met: false });
  });
});

describe("reports", () => {
  const summary = summarize(SLOW_ROUND);

  it("show the verdict on the terminal and in the documentation", () => {
    expect(terminalReport(summary)).toMatch(
      /WebSocket echo with ack +at most 1\.05 +1\.04 \(1\.04 to 1\.04\) +ok/,
    );
    expect(markdownReport(summary)).toContain(
      "| WebSocket echo with ack | at most 1.05 | 1.04 (1.04 to 1.04) | ok |",
    );
  });

  it("replace only what stands between the markers", () => {
    const page = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n";
    expect(replaceSection(page, "a", "new")).toBe("before\n<!-- a -->\nnew\n<!-- /a -->\nafter\n");
    expect(replaceSection(page, "b", "new")).toBe(page);
  });

  it("draw a bar for each variant but control", () => {
    const svg = plot(summary);
    expect(svg.match(/<rect/g)).toHaveLength(1);
    expect(svg).toContain(">holdfast<");
    expect(svg).not.toContain("NaN");
  });
});
