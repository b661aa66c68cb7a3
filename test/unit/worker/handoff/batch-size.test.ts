import { expect, test } from "vitest";
import { BATCH_TIME, firstBatch, nextBatch } from "../../../../src/worker/handoff/batch-size.js";

test("full batches that are quick grow, at most to twice the size, up to a limit", () => {
  let size = firstBatch;
  const sizes = Array.from({ length: 10 }, () => {
    size = nextBatch(size, size.sessions, 1);
    return size.sessions;
  });
  expect(sizes[0]).toBe(firstBatch.sessions * 2);
  expect(Math.max(...sizes)).toBe(sizes.at(-1));
  expect(nextBatch(size, size.sessions, 1)).toEqual(size);
});

test("a batch that took too long shrinks to what fits, and never to none", () => {
  expect(nextBatch({ sessions: 60 }, 60, BATCH_TIME * 4).sessions).toBe(15);
  expect(nextBatch({ sessions: 4 }, 4, BATCH_TIME * 1000).sessions).toBe(1);
});

test("a batch that was not full says nothing unless it was slow", () => {
  expect(nextBatch({ sessions: 64 }, 3, 1).sessions).toBe(64);
  expect(nextBatch({ sessions: 64 }, 10, BATCH_TIME * 2).sessions).toBe(5);
});
