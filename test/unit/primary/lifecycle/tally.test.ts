import { expect, it } from "vitest";
import { addTallies, NOTHING } from "../../../../src/primary/lifecycle/tally.js";
import type { PauseCounts } from "../../../../src/protocol/pauses.js";

const tally = (moved: number, longestPause: number, pauses?: PauseCounts) => ({
  ...NOTHING,
  moved,
  longestPause,
  ...(pauses && { pauses }),
});

it("of several workers: numbers are added up, and so are pauses of each length", () => {
  const sum = [tally(10, 40, { 3: 9, 4: 1 }), tally(5, 90, { 4: 5 }), tally(0, 0)].reduce(
    addTallies,
    NOTHING,
  );
  expect(sum).toEqual({ ...NOTHING, moved: 15, longestPause: 90, pauses: { 3: 9, 4: 6 } });
});

it("has no pauses where nothing moved", () => {
  expect(addTallies(NOTHING, NOTHING)).toEqual(NOTHING);
});
