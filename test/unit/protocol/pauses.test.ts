import { expect, it } from "vitest";
import { addCounts } from "../../../src/base/counts.js";
import { countPauses, pauseAt } from "../../../src/protocol/pauses.js";

/** A step is one in twenty long. */
const near = (ms: number) => (value: number | undefined) => {
  expect(value).toBeGreaterThanOrEqual(ms);
  expect(value).toBeLessThanOrEqual(ms * 1.06);
};

it("tells which length so large a part did not exceed, up to one in twenty too long", () => {
  const counts = countPauses(Array.from({ length: 100 }, (_, index) => index + 1));
  near(50)(pauseAt(counts, 0.5));
  near(99)(pauseAt(counts, 0.99));
  near(100)(pauseAt(counts, 1));
});

it("counts of a few long ones do not hide many short ones", () => {
  const sum = addCounts(countPauses(Array(999).fill(6)), countPauses([150]));
  near(6)(pauseAt(sum, 0.5));
  near(6)(pauseAt(sum, 0.99));
  near(150)(pauseAt(sum, 1));
});

it("the shortest and the longest have a place, too", () => {
  near(0.1)(pauseAt(countPauses([0]), 0.5));
  near(3_600_000)(pauseAt(countPauses([3_600_000]), 0.5));
});

it("of no pauses nothing is told", () => {
  expect(pauseAt(countPauses([]), 0.5)).toBeUndefined();
});
