import { expect, test } from "vitest";
import { ChannelNumbers } from "../../../src/bus/channel-numbers.js";
import { MAX_CHANNELS } from "../../../src/bus/mesh-frames.js";

test("a channel keeps its number, and numbers differ while there are free ones", () => {
  const numbers = new ChannelNumbers();
  const given = Array.from({ length: MAX_CHANNELS }, (_, i) => numbers.assign(`c${i}`));
  expect(new Set(given).size).toBe(MAX_CHANNELS);
  expect(Math.max(...given)).toBe(MAX_CHANNELS - 1);
  expect(given.map((_, i) => numbers.of(`c${i}`))).toEqual(given);
  expect(numbers.of("another")).toBeUndefined();
});

test("past the last number the oldest is given away, and its channel has none", () => {
  const numbers = new ChannelNumbers();
  for (let i = 0; i < MAX_CHANNELS; i++) numbers.assign(`c${i}`);
  expect([numbers.assign("new"), numbers.assign("newer")]).toEqual([0, 1]);
  expect(["c0", "c1", "c2", "new", "newer"].map((name) => numbers.of(name))).toEqual([
    undefined,
    undefined,
    2,
    0,
    1,
  ]);
});
