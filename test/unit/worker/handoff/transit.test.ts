import { expect, test } from "vitest";
import { Transit } from "../../../../src/worker/handoff/transit.js";

test("a session that is under way is waited for until it is known where it is", async () => {
  const transit = new Transit();
  expect(transit.empty).toBe(true);
  transit.leaves("a");
  const known = transit.underWay("a");
  expect([transit.empty, transit.slotOf("a"), transit.underWay("b")]).toEqual([false, undefined, undefined]);
  transit.moved("a", 3);
  await known;
  expect([transit.slotOf("a"), transit.underWay("a")]).toEqual([3, undefined]);
});

test("a session that returns is nowhere else, and whoever waited for either goes on", async () => {
  const transit = new Transit();
  transit.leaves("a");
  const known = transit.underWay("a");
  transit.moved("a", 3);
  const back = transit.undecided("a");
  transit.returned("a");
  await Promise.all([known, back]);
  expect([transit.empty, transit.slotOf("a"), transit.undecided("a")]).toEqual([true, undefined, undefined]);
});

test("of a session that is gone for good it stays known where it is, and nobody waits for it", async () => {
  const transit = new Transit();
  transit.leaves("a");
  transit.moved("a", 3);
  const decided = transit.undecided("a");
  transit.final("a");
  await decided;
  expect([transit.slotOf("a"), transit.undecided("a")]).toEqual([3, undefined]);
});
