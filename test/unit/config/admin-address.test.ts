import { expect, test } from "vitest";
import { adminAddressText, parseAdminAddress } from "../../../src/config/admin-address.js";

test("a port alone is one of this machine only", () => {
  expect(parseAdminAddress("9464")).toEqual({ host: "127.0.0.1", port: 9464 });
});

test.each(["127.0.0.1:9464", "0.0.0.0:1", "[::]:65535", "[fe80::1]:9464", "[::ffff:10.0.0.1]:9464"])(
  "%s is understood, and written as it was read",
  (text) => {
    const address = parseAdminAddress(text);
    expect(address && adminAddressText(address)).toBe(text);
  },
);

test.each([
  "",
  "0",
  "65536",
  "-1",
  "9464x",
  "9e3",
  "0x10",
  ":9464",
  "*:9464",
  "localhost:9464",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:0",
  "1.2.3:9464",
  "256.0.0.1:9464",
  "::1:9464",
  "::",
  "[::1]",
  "[127.0.0.1]:9464",
  "[::g]:9464",
  "http://127.0.0.1:9464",
  "127.0.0.1:9464/readyz",
])("%j is not", (text) => {
  expect(parseAdminAddress(text)).toBeUndefined();
});
