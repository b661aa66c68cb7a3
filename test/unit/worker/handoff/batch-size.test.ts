import { expect, test } from "vitest";
import { BATCH_TIME, firstBatch, nextBatch } from "../../../../src/worker/handoff/batch-size.js";

const inTime = { left: 100, timeLeft: 30_000 };

test("full batches that are quick grow, at most to twice the size, up to a limit", () => {
  let size = firstBatch;
  const sizes = Array.from({ length: 10 }, () => {
    size = nextBatch(size, { moved: size.sessions, took: 1, ...inTime });
    return size.sessions;
  });
  expect(sizes.slice(0, 2)).toEqual([firstBatch.sessions * 2, firstBatch.sessions * 4]);
  expect(sizes.at(-1)).toBe(16);
});

test("a batch that took too long shrinks to what fits, but no further than where the machine is what is slow", () => {
  const slow = { moved: 16, took: (BATCH_TIME * 16) / 10, ...inTime };
  expect(nextBatch({ sessions: 16 }, slow).sessions).toBe(10);
  expect(nextBatch({ sessions: 16 }, { ...slow, took: BATCH_TIME * 10 }).sessions).toBe(8);
  expect(nextBatch({ sessions: 2 }, { ...slow, moved: 2, took: BATCH_TIME * 10 }).sessions).toBe(4);
});

test("a batch that was not full says nothing unless it was slow", () => {
  expect(nextBatch({ sessions: 16 }, { moved: 3, took: 1, ...inTime }).sessions).toBe(16);
  expect(nextBatch({ sessions: 16 }, { moved: 12, took: (BATCH_TIME * 12) / 9, ...inTime }).sessions).toBe(9);
});

test("when the time would not suffice for all, batches grow beyond what is pleasant, step by step", () => {
  const slow = { moved: 16, took: 200, left: 2000, timeLeft: 10_000 };
  expect(nextBatch({ sessions: 16 }, slow).sessions).toBe(32);
  expect(nextBatch({ sessions: 64 }, { ...slow, moved: 64 }).sessions).toBe(80);
});

test("one batch that was held up changes nothing where the others leave time enough", () => {
  const plenty = { moved: 16, left: 2000, timeLeft: 30_000 };
  const held = nextBatch({ sessions: 16, usual: BATCH_TIME }, { ...plenty, took: BATCH_TIME * 50 });
  expect(held.sessions).toBe(8);
  let size = held;
  for (let nth = 0; nth < 40; nth++) size = nextBatch(size, { ...plenty, took: BATCH_TIME * 50 });
  expect(size.sessions).toBe(Math.ceil((2 * 2000 * BATCH_TIME * 50) / 30_000));
});
