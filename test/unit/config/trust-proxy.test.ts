import { expect, test } from "vitest";
import { parseTrustProxy, trustsNobody } from "../../../src/config/trust-proxy.js";

test.each<[unknown, unknown]>([
  [true, true],
  ["true", true],
  [["false"], false],
  [2, 2],
  ["1", 1],
  ["", []],
  [[], []],
  ["loopback, 10.0.0.0/8  ::1", ["loopback", "10.0.0.0/8", "::1"]],
  [
    ["unix", "linklocal,uniquelocal"],
    ["unix", "linklocal", "uniquelocal"],
  ],
  ["10.0.0.0/255.0.0.0,192.0.2.0/255.255.255.252", ["10.0.0.0/8", "192.0.2.0/30"]],
  ["0.0.0.0/0,::/0", ["0.0.0.0/0", "::/0"]],
])("%j trusts %j", (written, trust) => {
  expect(parseTrustProxy(written)).toEqual(trust);
});

test.each([
  [-1],
  [1.5],
  [101],
  ["101"],
  [["loopback", "true"]],
  [["1", "loopback"]],
  ["localhost"],
  ["10.0.0"],
  ["10.0.0.0/33"],
  ["10.0.0.0/8/8"],
  ["::1/129"],
  ["::1/255.0.0.0"],
  ["10.0.0.0/255.0.255.0"],
  ["fe80::1%eth0"],
  ["010.0.0.1"],
  ["Loopback"],
  [{}],
  [null],
  [undefined],
  [[1]],
])("%j is refused", (written) => {
  expect(parseTrustProxy(written)).toBeUndefined();
});

test("nobody is trusted by false, by no hop and by an empty list alone", () => {
  expect([false, 0, []].map(trustsNobody)).toEqual([true, true, true]);
  expect([true, 1, ["unix"]].map(trustsNobody)).toEqual([false, false, false]);
});
