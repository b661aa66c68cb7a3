import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HOSTS, MAX_SLOTS } from "../../../src/config/limits.js";
import { ownerOf, sidPrefix } from "../../../src/routing/sid.js";

const host = fc.integer({ min: 0, max: MAX_HOSTS - 1 });
const slot = fc.integer({ min: 0, max: MAX_SLOTS - 1 });

describe("sid", () => {
  it("names its owner for every host, slot and id", () => {
    fc.assert(
      fc.property(host, slot, fc.string({ minLength: 1 }), (host, slot, id) => {
        expect(ownerOf(sidPrefix({ host, slot }) + id)).toEqual({ host, slot });
      }),
    );
  });

  it("gives two owners two prefixes of four characters", () => {
    fc.assert(
      fc.property(host, slot, host, slot, (hostA, slotA, hostB, slotB) => {
        const [a, b] = [sidPrefix({ host: hostA, slot: slotA }), sidPrefix({ host: hostB, slot: slotB })];
        expect(a).toMatch(/^[0-9a-z]{4}$/);
        expect(a === b).toBe(hostA === hostB && slotA === slotB);
      }),
    );
  });

  it("never throws, and answers only with owners that could exist, whatever text it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const owner = ownerOf(text);
        if (owner !== undefined) {
          expect(owner.host).toBeLessThan(MAX_HOSTS);
          expect(owner.slot).toBeLessThan(MAX_SLOTS);
          expect(text.startsWith(sidPrefix(owner))).toBe(true);
        }
      }),
    );
  });

  it.each(["", "0", "0000", "AA00x", "00A0x", "-000x", "0 00x", "００００x"])(
    "finds no owner in %j",
    (text) => {
      expect(ownerOf(text)).toBeUndefined();
    },
  );

  it.each([-1, 1296, 1.5, Number.NaN])("refuses the slot %d", (slot) => {
    expect(() => sidPrefix({ host: 0, slot })).toThrow(RangeError);
  });
});
