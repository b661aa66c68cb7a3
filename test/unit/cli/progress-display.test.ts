import { expect, test } from "vitest";
import { progressDisplay } from "../../../src/cli/progress-display.js";
import type { ChangeProgress } from "../../../src/protocol/status.js";

const at = (done: number): ChangeProgress => ({
  what: "reload",
  generation: 2,
  slots: 4,
  done,
  now: [{ slot: done, phase: "starting", moved: 0, left: 0 }],
  moved: 0,
  closed: 0,
  stayed: {},
  longestPause: 0,
  ms: 500,
});

const screenOf = (isTTY: boolean, columns = 80) => {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
};

test("on a terminal the line is written in place, never longer than a row, and gone at the end", () => {
  const screen = screenOf(true, 31);
  const display = progressDisplay(false, { screen, output: screenOf(false) });
  display.show(at(0));
  display.show(at(1));
  display.clear();
  expect(screen.written).toEqual([
    "\r\u001b[Kreload to generation 2: 0 of 4",
    "\r\u001b[Kreload to generation 2: 1 of 4",
    "\r\u001b[K",
  ]);
});

test("elsewhere each step is a line without control characters", () => {
  const screen = screenOf(false);
  const display = progressDisplay(false, { screen, output: screenOf(false) });
  display.show(at(0));
  display.show(at(0));
  display.show(at(1));
  display.clear();
  expect(screen.written).toEqual([
    "reload to generation 2: slot 0 starting\n",
    "reload to generation 2: slot 1 starting\n",
    "reload to generation 2: 1 of 4 slots done; about 1s left\n",
  ]);
});

test("for programs each look is one object on a line of the output, and nothing is on the screen", () => {
  const [screen, output] = [screenOf(true), screenOf(false)];
  const display = progressDisplay(true, { screen, output });
  display.show(at(2));
  display.clear();
  expect(output.written.map((line) => JSON.parse(line))).toEqual([{ progress: at(2) }]);
  expect(output.written[0]).toMatch(/\n$/);
  expect(screen.written).toEqual([]);
});
