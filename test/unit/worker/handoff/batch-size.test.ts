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
  expect(sizes.at(-1)).toBe(64);
});

test("a batch that took too long shrinks to what fits, but no further than where the machine is what is slow", () => {
  const slow = { moved: 60, took: BATCH_TIME * 2, ...inTime };
  expect(nextBatch({ sessions: 60 }, slow).sessions).toBe(30);
  expect(nextBatch({ sessions: 60 }, { ...slow, took: BATCH_TIME * 100 }).sessions).toBe(16);
  expect(nextBatch({ sessions: 2 }, { ...slow, moved: 2, took: BATCH_TIME * 100 }).sessions).toBe(4);
});

test("a batch that was not full says nothing unless it was slow", () => {
  expect(nextBatch({ sessions: 64 }, { moved: 3, took: 1, ...inTime }).sessions).toBe(64);
  expect(nextBatch({ sessions: 64 }, { moved: 40, took: BATCH_TIME * 2, ...inTime }).sessions).toBe(20);
});

test("when the time would not suffice for all, batches grow beyond what is pleasant, step by step", () => {
  const slow = { moved: 16, took: 200, left: 2000, timeLeft: 10_000 };
  expect(nextBatch({ sessions: 16 }, slow).sessions).toBe(32);
  expect(nextBatch({ sessions: 64 }, { ...slow, moved: 64 }).sessions).toBe(80);
});
