import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileTrust } from "../../../src/routing/trust.js";

describe("trust", () => {
  it.each([
    ["loopback", ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"], ["128.0.0.1", "::2"]],
    ["linklocal", ["169.254.1.1", "fe80::1", "fe80::1%eth0"], ["169.255.1.1", "fec0::1"]],
    [
      "uniquelocal",
      ["10.1.2.3", "172.31.0.1", "192.168.0.1", "fd12::1"],
      ["172.32.0.1", "192.169.0.1", "fe00::1"],
    ],
    ["10.1.0.0/16", ["10.1.255.255", "::ffff:10.1.0.1"], ["10.2.0.1", "::10.1.0.1"]],
    ["203.0.113.9", ["203.0.113.9"], ["203.0.113.8", ""]],
    ["2001:db8::/32", ["2001:db8:ffff::1", "2001:0DB8::1"], ["2001:db9::1", "203.0.113.9"]],
    ["::/96", ["::10.0.0.1", "::1"], ["10.0.0.1", "::ffff:10.0.0.1"]],
    ["::ffff:10.0.0.0/104", ["10.200.0.1", "::ffff:10.0.0.1"], ["11.0.0.1"]],
    ["::/0", ["2001:db8::1", "::1"], ["203.0.113.9", "::ffff:203.0.113.9"]],
    ["0.0.0.0/0", ["203.0.113.9"], ["2001:db8::1"]],
  ])("%s", (word, inside, outside) => {
    const trust = compileTrust([word]);
    expect(inside.map((address) => trust(address, 0))).toEqual(inside.map(() => true));
    expect(outside.map((address) => trust(address, 0))).toEqual(outside.map(() => false));
    expect(trust(undefined, 0)).toBe(false);
  });

  it("names the entry that is no network", () => {
    expect(() => compileTrust(["loopback", "10.0.0.0/99"])).toThrow('"10.0.0.0/99" is no address');
    expect(() => compileTrust(["constructor"])).toThrow('"constructor" is no address');
  });

  it("answers the same however many were asked about before", () => {
    const trust = compileTrust(["10.0.0.0/8"]);
    fc.assert(
      fc.property(fc.array(fc.ipV4(), { maxLength: 2000, minLength: 600 }), (addresses) => {
        for (const address of addresses) expect(trust(address, 0)).toBe(address.startsWith("10."));
      }),
      { numRuns: 10 },
    );
  });
});
