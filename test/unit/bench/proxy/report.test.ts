import { describe, expect, it } from "vitest";
import { proxyMarkdown, proxyTerminal } from "../../../../bench/proxy/report/markdown.js";
import { summarizeProxy } from "../../../../bench/proxy/report/summary.js";
import { proxyVerdicts } from "../../../../bench/proxy/report/targets.js";
import type { ProxyMeasurement, ProxyResults } from "../../../../bench/proxy/results.js";

const BASE = {
  load: "echo",
  operations: 1000,
  operationsPerSecond: 20_000,
  latency: { p50: 1, p99: 2 },
  failures: {},
  sessions: [50, 50],
  workerCpu: [30_000, 10_000],
} as const;

function measured(
  contender: ProxyMeasurement["contender"],
  round: number,
  part: Partial<ProxyMeasurement>,
): ProxyMeasurement {
  return { ...BASE, contender, round, cpuPerOperation: 50, ...part };
}

function results(measurements: readonly ProxyMeasurement[]): ProxyResults {
  const settings = {
    workers: 2,
    stages: 1,
    rounds: 3,
    warmUpSessions: 50,
    standing: 20,
    leadIn: 200,
    measured: 400,
    threads: 2,
  };
  return { settings, environment: { node: "v20" }, leftOut: {}, errors: [], measurements };
}

/** The machine is twice as slow in the second round; `sid` costs `ratio` times `ip_hash` in each. */
function rounds(ratio: number): ProxyResults {
  return results(
    [50, 100, 50].flatMap((cpuPerOperation, round) => [
      measured("nginx", round, { cpuPerOperation }),
      measured("nginx-sid", round, { cpuPerOperation: cpuPerOperation * ratio }),
    ]),
  );
}

describe("summary of the proxy benchmark", () => {
  const [, row] = summarizeProxy(rounds(1.01)).rows;

  it("compares within a round, so that a slow round does not count against a contender", () => {
    expect(row?.ratio?.least).toBeCloseTo(1.01);
    expect(row?.ratio?.most).toBeCloseTo(1.01);
  });

  it("tells how many cores were busy, and how even the workers were", () => {
    const [nginx] = summarizeProxy(rounds(1)).rows;
    // 50 µs each, 20,000 times a second.
    expect(nginx?.cores.median).toBeCloseTo(1);
    expect(nginx?.workers.median).toBe(40);
    expect([nginx?.busiest.median, nginx?.idlest.median]).toEqual([0.75, 0.25]);
  });
});

describe("targets of the proxy benchmark", () => {
  const met = (given: ProxyResults): boolean[] => proxyVerdicts(summarizeProxy(given)).map((one) => one.met);

  it("are met at the limit and missed above it", () => {
    expect(met(rounds(1.02))).toEqual([true, true]);
    expect(met(rounds(1.03))).toEqual([false, true]);
  });

  it("are missed by a worker without a session, and by a single failure of those with Holdfast", () => {
    expect(met(results([measured("nginx-sid-one", 0, { sessions: [100, 0] })]))).toEqual([false, true]);
    expect(met(results([measured("pm2", 0, { failures: { "no answer": 1 } })]))).toEqual([false]);
    expect(met(results([measured("nginx", 0, { failures: { "no answer": 1 } })]))).toEqual([]);
  });
});

describe("reports of the proxy benchmark", () => {
  it("show the verdict on the terminal and in the documentation", () => {
    const summary = summarizeProxy(rounds(1.01));
    expect(proxyTerminal(summary)).toMatch(
      /WebSocket echo with ack.* at most 1\.02 +1\.01 \(1\.01 to 1\.01\) +ok/,
    );
    expect(proxyMarkdown(summary)).toContain("| at most 1.02 | 1.01 (1.01 to 1.01) | ok |");
  });

  it("name a worker that had no session", () => {
    const summary = summarizeProxy(
      results([measured("nginx-one", 0, { sessions: [100, 0], workerCpu: [40_000, 0] })]),
    );
    const text = proxyMarkdown(summary);
    expect(text).toContain("| 100 % / 0 % | all / none |");
    expect(text).not.toMatch(/NaN|Infinity/);
  });
});
