import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hopsOfForwarded, hopsOfForwardedFor } from "../../../src/routing/forwarding-headers.js";
import type { Hop } from "../../../src/routing/hop.js";

const words = (hops: Iterable<Hop | undefined>): string[] =>
  [...hops].map((hop) => (hop === undefined ? "?" : [hop.address, hop.port].filter(Boolean).join(" ")));

describe("X-Forwarded-For", () => {
  it.each([
    ["203.0.113.9", ["203.0.113.9"]],
    ["10.0.0.1,203.0.113.9 , ::1", ["::1", "203.0.113.9", "10.0.0.1"]],
    [" ,, 203.0.113.9,", ["203.0.113.9"]],
    ["", []],
    ["unknown, _x, 203.0.113.9", ["203.0.113.9", "?", "?"]],
    [
      "203.0.113.9:4711, [2001:db8::1]:80, [2001:DB8::2]",
      ["2001:db8::2", "2001:db8::1 80", "203.0.113.9 4711"],
    ],
    ["2001:db8::1:80", ["2001:db8::1:80"]],
    ["::ffff:203.0.113.9, [::ffff:203.0.113.9]:1", ["203.0.113.9 1", "203.0.113.9"]],
    ["203.0.113.9:99999, 203.0.113.9:http", ["203.0.113.9", "203.0.113.9"]],
    ["fe80::1%eth0, 010.0.0.1, 1.2.3, 127.1, [1.2.3.4], ::1], [::1", ["?", "?", "?", "?", "?", "?", "?"]],
  ])("%j, from the end", (header, hops) => {
    expect(words(hopsOfForwardedFor(header))).toEqual(hops);
  });
});

describe("Forwarded", () => {
  it.each([
    ["for=203.0.113.9", ["203.0.113.9"]],
    ['For="203.0.113.9:4711";proto=https;by=10.0.0.1', ["203.0.113.9 4711"]],
    ['for=10.0.0.1, host="a, b";for="[2001:db8::1]:80"', ["2001:db8::1 80", "10.0.0.1"]],
    ["for=_gazonk, for=unknown, for=203.0.113.9;", ["203.0.113.9", "?", "?"]],
    ['for="203.0.113.9:_port", for="_x:80"', ["?", "203.0.113.9"]],
    ["proto=https", ["?"]],
    ["for=203.0.113.9;for=10.0.0.1", ["?"]],
    ['for="2001:db8::1"', ["?"]],
    ['for="[203.0.113.9]"', ["?"]],
    ["for = 203.0.113.9", ["?"]],
    ["203.0.113.9", ["?"]],
    ["", []],
    [", for=203.0.113.9 ,", ["203.0.113.9"]],
    ['for="203.0.\\113.9"', ["203.0.113.9"]],
  ])("%j, from the end", (header, hops) => {
    expect(words(hopsOfForwarded(header))).toEqual(hops);
  });

  it.each(['for="6.6.6.6', 'for=6.6.6.6;host="', 'host="\\', "for=6.6.6.6, \\", '"', ';;"a=",b="'])(
    "what a proxy added to %j of a client stays what it is",
    (forged) => {
      expect(words(hopsOfForwarded(`${forged}, for="[2001:db8::1]:80";by="a,b"`))[0]).toBe("2001:db8::1 80");
    },
  );

  it("an element that a proxy wrote is read the same, whatever the client wrote in front and in what the proxy quotes", () => {
    const quoted = fc.string({ unit: fc.constantFrom(...'for=6.;,"\\ ab') });
    const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
    fc.assert(
      fc.property(quoted, quoted, quoted, (front, host, by) => {
        const element = `for=203.0.113.9;host=${quote(host)};by=${quote(by)}`;
        expect(words(hopsOfForwarded(`${front}, ${element}`))[0]).toBe("203.0.113.9");
        expect(words(hopsOfForwarded(`${front}, host=${quote(host)};for=203.0.113.9`))[0]).toBe(
          "203.0.113.9",
        );
      }),
      { numRuns: 3000 },
    );
  });

  it("takes no longer for 16 KiB of malice than a header of that length may", () => {
    const worst = ['"', ",", 'a="', ",a=", 'a=";', 'a="b,', "a=b;", 'a=b;",', "\\"].map((unit) =>
      unit.repeat(Math.ceil(16_384 / unit.length)),
    );
    const began = performance.now();
    for (const header of worst) for (const end of ["", '"', ",x"]) words(hopsOfForwarded(header + end));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
