import { expect, test } from "vitest";
import { Tally } from "../../../../src/worker/handoff/tally.js";

test("the report counts what moved, what stayed by reason, and how long sessions were still", () => {
  const tally = new Tally();
  tally.add(Array.from({ length: 100 }, (_, index) => index + 0.04));
  tally.stays("a", "tls");
  tally.stays("b", "tls");
  tally.stays("c", "data");
  const { pauses, ...report } = tally.report();
  expect(report).toEqual({ moved: 100, stayed: { tls: 2, data: 1 }, longestPause: 99 });
  expect(Object.values(pauses ?? {}).reduce((sum, count) => sum + count, 0)).toBe(100);
});

test("a session that was busy and leaves in the end has no reason any more, and one that comes back has not moved", () => {
  const tally = new Tally();
  tally.stays("a", "unfinished");
  tally.leaves("a");
  tally.add([1, 2]);
  tally.takenBack(2);
  expect(tally.report()).toMatchObject({ moved: 0, stayed: {} });
});

test("a handoff of nothing has no pause", () => {
  expect(new Tally().report()).toEqual({
    moved: 0,
    stayed: {},
    longestPause: 0,
    pauses: {},
  });
});
