import { expect, test } from "vitest";
import { type LogEntry, MoveLog } from "../../../../src/adapter/moves/move-log.js";

const entry = (number: number, length = 0): LogEntry => ({
  sender: "a",
  number,
  bytes: Buffer.alloc(length),
});
const numbers = (log: MoveLog): number[] => [...log.entries()].map(({ number }) => number);

test("the oldest go when there is no room, and that is told", () => {
  const log = new MoveLog(10_000);
  expect([log.add(entry(1, 4000)), log.add(entry(2, 4000)), log.add(entry(3, 4000))]).toEqual([
    false,
    false,
    true,
  ]);
  expect(numbers(log)).toEqual([2, 3]);
  expect(log.overflow).toBe(1);
});

test("what nobody needs goes, up to the first that somebody needs", () => {
  const log = new MoveLog(1_000_000);
  for (let number = 1; number <= 5000; number++) log.add(entry(number));
  log.prune(({ number }) => number > 4990 || number === 4000);
  expect(numbers(log)[0]).toBe(4000);
  log.prune(({ number }) => number > 4990);
  expect(numbers(log)).toEqual([4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000]);
  log.prune(() => false);
  expect([log.size, log.bytes]).toEqual([0, 0]);
});
