import { describe, expect, it } from "vitest";
import { readHandoffOptions } from "../../../../bench/handoff/options.js";
import { handoffMarkdown, handoffTerminal } from "../../../../bench/handoff/report/markdown.js";
import { handoffVerdicts } from "../../../../bench/handoff/report/verdicts.js";
import { crowd, perfectReport, results } from "./results.js";

const pauseOf = (sessions: number, ...p99s: number[]) => ({ ...crowd(perfectReport(), p99s), sessions });
const missed = (given: Parameters<typeof results>[0]): string[] =>
  handoffVerdicts(results(given))
    .filter(({ met }) => !met)
    .map(({ what }) => what);

describe("verdicts on a crowd", () => {
  it("are all well where nobody noticed anything", () => {
    expect(missed({ crowd: crowd(perfectReport(), [20]) })).toEqual([]);
  });

  it("name everything that was noticed", () => {
    const report = perfectReport();
    report.streams.tick.lost = 1;
    report.streams.room.doubled = 1;
    report.streams.heard.reordered = 1;
    report.asks.slow.open = 1;
    const bad = { ...report, disconnects: { "polling, transport close": 2 }, newIds: 2 };
    expect(missed({ crowd: crowd(bad, [20]) })).toEqual([
      "disconnects",
      "messages lost",
      "messages doubled",
      "answers that did not come",
      "sockets with another id",
    ]);
  });

  it("miss a newcomer that did not connect, and a reload that failed", () => {
    const report = { ...perfectReport(), newcomers: { came: 50, connected: 49, left: 50 } };
    const measured = crowd(report, [20]);
    const reloads = measured.reloads.map((reload) => ({ ...reload, failed: "no" }));
    expect(missed({ crowd: { ...measured, reloads } })).toEqual([
      "reloads that failed",
      "newcomers, 50/s, that did not connect",
    ]);
  });

  it("do not take a crowd that said nothing for one that noticed nothing", () => {
    const report = perfectReport();
    for (const counts of Object.values(report.streams)) counts.received = 0;
    expect(missed({ crowd: crowd(report, [20]) })).toEqual([
      "messages lost",
      "messages doubled",
      "messages out of order",
    ]);
  });
});

describe("verdicts on pauses", () => {
  it("hold the median of 2,000 sessions against 50 ms, and the others against that", () => {
    const well = [pauseOf(500, 38, 42, 60), pauseOf(2_000, 40, 49, 90), pauseOf(5_000, 50, 58, 58)];
    expect(missed({ pauses: well })).toEqual([]);
    const slow = [pauseOf(500, 48), pauseOf(2_000, 51), pauseOf(5_000, 62)];
    expect(missed({ pauses: slow })).toEqual([
      "pause of a session, 99th percentile, 2,000 sessions on one worker",
      "pause of a session, 99th percentile, 5,000 sessions on one worker",
    ]);
  });

  it("are missed where no worker told its pauses", () => {
    const { reloads, ...rest } = pauseOf(2_000, 40);
    const untold = reloads.map(({ pauses: _, ...reload }) => reload);
    expect(missed({ pauses: [{ ...rest, reloads: untold }] })).toEqual([
      "pause of a session, 99th percentile, 2,000 sessions on one worker",
    ]);
  });
});

it("the section has a row for each reload", () => {
  const given = results({ crowd: crowd(perfectReport(), [20, 30]), pauses: [pauseOf(500, 10)] });
  const text = handoffMarkdown(given);
  expect(text).toContain("2,000 websocket, 200 polling, 100 upgrade clients on 4 workers");
  expect(text).toContain("| 2 | 4.2 | 3 | 0 | 10.0 · 30.0 · 60.0 | 1.00 · 2.00 · 3.00 |");
  expect(handoffTerminal(given)).toContain("500 WebSocket sessions on one worker");
});

it("more and fewer workers have verdicts and a table of their own", () => {
  const measured = crowd(perfectReport(), [20, 30]);
  const scaled = {
    ...measured,
    reloads: measured.reloads.map((change, index) => ({ ...change, workers: [6, 3][index] ?? 0 })),
  };
  expect(missed({ scaled })).toEqual([]);
  expect(missed({ scaled: { ...scaled, flaws: ["1 disconnected"] } })).toEqual([
    "2, 6 and 3 workers: what clients noticed",
  ]);
  const failed = scaled.reloads.map((change) => ({ ...change, failed: "no" }));
  expect(missed({ scaled: { ...scaled, reloads: failed } })).toEqual([
    "2, 6 and 3 workers: changes that failed",
  ]);
  const text = handoffMarkdown(results({ scaled }));
  expect(text).toContain("400 websocket, 40 polling, 20 upgrade clients on 2, 6 and 3 workers");
  expect(text).toMatch(/^\| workers \|.*\n.*\n\| before .*\n\| 6 \| 4\.2 .*\n\| 3 \| 4\.2 /m);
});

it("only a full run replaces the figures of the documentation", () => {
  expect(readHandoffOptions([]).json).toMatch(/results\/handoff\.json$/);
  expect(readHandoffOptions(["--quick"]).json).toBeUndefined();
  expect(readHandoffOptions(["--only", "crowd"]).json).toBeUndefined();
});
