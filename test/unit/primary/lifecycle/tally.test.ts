import { expect, it } from "vitest";
import { addTallies, NOTHING } from "../../../../src/primary/lifecycle/tally.js";

const tally = (moved: number, longestPause: number, p99?: number) => ({
  ...NOTHING,
  moved,
  longestPause,
  ...(p99 !== undefined && { pauses: { p50: p99 / 2, p99 } }),
});

it("of several workers: numbers are added up, and pauses are those of the worker that had them worst", () => {
  const sum = [tally(10, 40, 20), tally(5, 90, 30), tally(0, 0)].reduce(addTallies, NOTHING);
  expect(sum).toEqual({ ...NOTHING, moved: 15, longestPause: 90, pauses: { p50: 15, p99: 30 } });
});

it("has no pauses where nothing moved", () => {
  expect(addTallies(NOTHING, NOTHING)).toEqual(NOTHING);
});
