import fc from "fast-check";
import { expect, test } from "vitest";
import { QueueBound, type Verdict } from "../../../src/bus/queue-bound.js";

test("volatile messages fit until half of the limit waits, others until the whole of it does", () => {
  const bound = new QueueBound(100);
  const verdicts = [0, 49, 50, 99].map((queued) => [bound.admit(queued, true), bound.admit(queued, false)]);
  expect(verdicts).toEqual([
    ["fits", "fits"],
    ["fits", "fits"],
    ["volatile", "fits"],
    ["volatile", "fits"],
  ]);
  expect(bound.gap).toBe(false);
  expect(bound.admit(100, false)).toBe("overflow");
  expect(bound.gap).toBe(true);
});

test("a gap ends below half of the limit, with the number of messages that are missing in it", () => {
  const bound = new QueueBound(100);
  expect(bound.release(0), "there is none").toBe(0);
  for (const queued of [100, 60, 10]) expect(bound.admit(queued, false)).toBe("overflow");
  expect(bound.admit(10, true), "counted, not told").toBe("volatile");
  expect(bound.release(50)).toBe(0);
  expect(bound.release(49)).toBe(3);
  expect(bound.release(0), "it is told once").toBe(0);
  expect(bound.admit(49, false)).toBe("fits");
});

test("every message that is not volatile either fits or is told, whatever the queue does", () => {
  const step = fc.record({ queued: fc.nat(200), volatile: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bound = new QueueBound(100);
      const verdicts: Verdict[] = [];
      let told = 0;
      for (const { queued, volatile } of steps) {
        told += bound.release(queued);
        verdicts.push(bound.admit(queued, volatile));
        if (bound.gap) expect(verdicts.at(-1)).not.toBe("fits");
      }
      told += bound.release(0);
      expect(told).toBe(verdicts.filter((verdict) => verdict === "overflow").length);
    }),
  );
});
