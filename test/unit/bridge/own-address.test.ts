import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { ownAddress } from "../../../src/bridge/own-address.js";

const four = (address: string, internal = false) =>
  ({ address, family: "IPv4", internal }) as NetworkInterfaceInfo;
const six = (address: string, scopeid: number, internal = false) =>
  ({ address, family: "IPv6", internal, scopeid }) as NetworkInterfaceInfo;

const lo = [four("127.0.0.1", true), six("::1", 0, true)];
const linkLocal = six("fe80::1", 2);

test("the address that the gateway listens on is dialled", () => {
  expect(ownAddress("10.0.0.7", { lo, eth0: [four("10.0.0.8")] })).toBe("10.0.0.7");
});

test.each([
  ["::", { lo, eth0: [linkLocal, six("fd00::7", 0), four("10.0.0.7")] }, "10.0.0.7"],
  ["::", { lo, eth0: [linkLocal, six("fd00::7", 0)] }, "fd00::7"],
  ["0.0.0.0", { lo, eth0: [six("fd00::7", 0)] }, "127.0.0.1"],
  ["::", { lo, eth0: [linkLocal] }, "127.0.0.1"],
  ["::", { lo }, "127.0.0.1"],
  ["::", {}, "127.0.0.1"],
])("listening on %s, of %j it is %s", (listening, interfaces, address) => {
  expect(ownAddress(listening, interfaces)).toBe(address);
});
