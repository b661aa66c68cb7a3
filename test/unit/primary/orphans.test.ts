import { expect, test } from "vitest";
import { type ProcessLine, uncollected } from "../../../src/primary/orphans.js";

const line = (pid: number, state: string, parent: number): ProcessLine => ({ pid, state, parent });

test("what has ended under this process and was not started by it is collected by nobody", () => {
  const all = [line(1, "S", 0), line(7, "Z", 1), line(8, "S", 1), line(9, "Z", 8), line(10, "Z", 1)];
  expect(uncollected(1, new Set([10]), all)).toEqual([7]);
  expect(uncollected(1, new Set([7, 10]), all)).toEqual([]);
});
