import { describe, expect, it } from "vitest";
import { wishedSlot } from "../../../../../src/worker/library/claims/wished-slot.js";

describe("the slot that is wished for", () => {
  it.each([
    ["the option first", 7, { HOLDFAST_SLOT: "2", NODE_APP_INSTANCE: "1" }, 7],
    ["then HOLDFAST_SLOT", undefined, { HOLDFAST_SLOT: "2", NODE_APP_INSTANCE: "1" }, 2],
    ["then the manager's number", undefined, { NODE_APP_INSTANCE: "1" }, 1],
    [
      "the manager's number where HOLDFAST_SLOT is empty",
      undefined,
      { HOLDFAST_SLOT: "", NODE_APP_INSTANCE: "1" },
      1,
    ],
    ["none where nobody says one", undefined, {}, undefined],
  ])("is %s", (_title, option, env, expected) => {
    expect(wishedSlot(option, env).slot).toBe(expected);
  });

  it.each(["web-1", "-1", "1296", "1.5"])(
    "is none for a manager's number that is no slot: %s",
    (instance) => {
      expect(wishedSlot(undefined, { NODE_APP_INSTANCE: instance })).toEqual({
        slot: undefined,
        named: undefined,
      });
    },
  );

  it.each(["abc", "-1", "5000", "1.5", " 1", "0x1"])(
    "HOLDFAST_SLOT=%s is refused in one sentence",
    (text) => {
      expect(() => wishedSlot(undefined, { HOLDFAST_SLOT: text })).toThrow(
        `HOLDFAST_SLOT is ${JSON.stringify(text)}: write a whole number from 0 to 1295, or leave it out.`,
      );
    },
  );

  it.each([-1, 1296, 1.5, Number.NaN, "3"])("the option %s is refused in one sentence", (option) => {
    expect(() => wishedSlot(option, {})).toThrow(
      /^The option slot of holdfast\(io\) is .*: write a whole number from 0 to 1295, or leave it out\.$/,
    );
  });
});
