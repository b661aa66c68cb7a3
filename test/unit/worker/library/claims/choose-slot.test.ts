import { describe, expect, it } from "vitest";
import { chooseSlot } from "../../../../../src/worker/library/claims/choose-slot.js";

const holder = (slot: number, managed = "", generation = 0) => ({ slot, generation, mark: { managed } });

describe("a newcomer that replaces nobody", () => {
  it.each([
    ["the slot that it wishes for", [holder(0)], 3, 3],
    ["the lowest free one where that is taken", [holder(0), holder(2), holder(3)], 3, 1],
    ["the lowest free one where it wishes for none", [holder(0), holder(1)], undefined, 2],
    ["never one that a managed process has", [holder(0, "pm2 1 0")], 0, 1],
  ])("gets %s", (_title, holders, slot, expected) => {
    expect(chooseSlot(holders, { slot, managed: "" })).toEqual({ slot: expected, generation: 0 });
  });

  it("gets none where all are taken", () => {
    const holders = Array.from({ length: 1296 }, (_, slot) => holder(slot));
    expect(chooseSlot(holders, { slot: 5, managed: "" })).toBeUndefined();
  });
});

describe("a newcomer that its manager starts in another one's place", () => {
  const wish = { slot: 1, managed: "pm2 7 1" };

  it("shares the slot, a generation later", () => {
    const holders = [holder(0, "pm2 7 0"), holder(1, "pm2 7 1", 4)];
    expect(chooseSlot(holders, wish)).toEqual({ slot: 1, generation: 5 });
  });

  it("shares the slot that the other one got, where the wished one is a third one's", () => {
    const holders = [holder(1), holder(2, "pm2 7 1")];
    expect(chooseSlot(holders, wish)).toEqual({ slot: 2, generation: 1 });
  });

  it("comes back to the wished slot as soon as that is free", () => {
    expect(chooseSlot([holder(2, "pm2 7 1")], wish)).toEqual({ slot: 1, generation: 0 });
  });

  it("is never the third in a slot", () => {
    const holders = [holder(1, "pm2 7 1"), holder(1, "pm2 7 1", 1)];
    expect(chooseSlot(holders, wish)).toEqual({ slot: 0, generation: 0 });
  });
});
