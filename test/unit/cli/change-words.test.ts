import { describe, expect, it, test } from "vitest";
import {
  droppedText,
  progressText,
  stepLines,
  summaryText,
  timeLeft,
} from "../../../src/cli/change-words.js";
import type { ChangeProgress } from "../../../src/protocol/status.js";

function progress(part: Partial<ChangeProgress> = {}): ChangeProgress {
  return {
    what: "reload",
    generation: 3,
    slots: 8,
    done: 0,
    now: [],
    moved: 0,
    closed: 0,
    stayed: {},
    longestPause: 0,
    ms: 1000,
    ...part,
  };
}

const handing = (slot: number, moved: number, left: number) =>
  ({ slot, phase: "handing-over", moved, left }) as const;

test("one line says which slots, what they do, how many sessions moved and how long it takes still", () => {
  const now = [handing(2, 1204, 796), { slot: 3, phase: "starting", moved: 0, left: 0 } as const];
  expect(progressText(progress({ done: 2, now, moved: 5002, ms: 3000 }))).toBe(
    "reload to generation 3: 2 of 8 slots done; slot 2 handing over 1,204 of 2,000 sessions; slot 3 starting; 5,002 sessions moved; about 6s left",
  );
  expect(progressText(progress({ what: "scale", slots: 1 }))).toBe("scale: 0 of 1 slot done");
});

describe("the time that is left", () => {
  it("is unknown while nothing has a rate", () => {
    expect(timeLeft(progress())).toBeUndefined();
    expect(timeLeft(progress({ slots: 0 }))).toBeUndefined();
  });

  it("follows the rate of slots, and within a slot of its sessions", () => {
    expect(timeLeft(progress({ done: 2, ms: 1000 }))).toBe(3000);
    expect(timeLeft(progress({ slots: 4, done: 1, now: [handing(1, 500, 500)], ms: 3000 }))).toBe(5000);
    expect(timeLeft(progress({ done: 8, ms: 1000 }))).toBe(0);
  });
});

test("where an output only grows, each step is one line, said once", () => {
  const first = progress({ now: [{ slot: 0, phase: "starting", moved: 0, left: 0 }] });
  const second = progress({ now: [handing(0, 0, 2000)] });
  const third = progress({ now: [handing(0, 900, 1100)] });
  const fourth = progress({
    done: 1,
    moved: 2000,
    ms: 2000,
    now: [{ slot: 1, phase: "starting", moved: 0, left: 0 }],
  });
  expect(stepLines(undefined, first)).toEqual(["reload to generation 3: slot 0 starting"]);
  expect(stepLines(first, second)).toEqual([
    "reload to generation 3: slot 0 handing over 0 of 2,000 sessions",
  ]);
  expect(stepLines(second, third)).toEqual([]);
  expect(stepLines(third, fourth)).toEqual([
    "reload to generation 3: slot 1 starting",
    "reload to generation 3: 1 of 8 slots done; 2,000 sessions moved; about 14s left",
  ]);
});

describe("the summary", () => {
  it("says how many workers and sessions, and the longest pause where anything moved", () => {
    expect(summaryText("reloaded", 8, progress({ moved: 5002, longestPause: 84.3 }))).toBe(
      "8 workers reloaded, 5,002 sessions moved, 0 dropped, longest pause 84 ms",
    );
    expect(summaryText("reloaded", 1, progress({ closed: 12 }))).toBe(
      "1 worker reloaded, 0 sessions moved, 12 dropped",
    );
    expect(summaryText("reloaded", 2, null)).toBe("2 workers reloaded");
  });

  it("says in words why sessions were told to reconnect, the most frequent first", () => {
    const stayed = { tls: 3, "stuck-consumer": 9, data: 0, "something-new": 1 };
    expect(droppedText(progress({ closed: 13, stayed }))).toBe(
      "13 sessions were told to reconnect: 9 whose client did not read what was sent, 3 with TLS in the app, whose keys cannot change process, 1 (something-new).",
    );
    expect(droppedText(progress({ closed: 1 }))).toBe("1 session was told to reconnect.");
    expect(droppedText(progress())).toBeUndefined();
  });
});
