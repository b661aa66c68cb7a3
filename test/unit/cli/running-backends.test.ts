import { expect, it } from "vitest";
import { hostOfFleet } from "../../../src/cli/running-backends.js";
import type { ListenAddress } from "../../../src/protocol/messages.js";
import type { FleetStatus } from "../../../src/protocol/status.js";

function fleet(part: Partial<FleetStatus>): FleetStatus {
  const workers = [0, 0, 1].map((slot) => ({ slot })) as unknown as FleetStatus["workers"];
  return { name: "chat", hostNumber: 5, slotSockets: null, listening: [], workers, ...part } as FleetStatus;
}

const tcp = (address: string, port: number): ListenAddress => ({
  address,
  family: address.includes(":") ? "IPv6" : "IPv4",
  port,
});

it.each([
  [[tcp("::", 3000), tcp("::", 9000)], "127.0.0.1:3000"],
  [[tcp("0.0.0.0", 3000)], "127.0.0.1:3000"],
  [[tcp("10.0.0.7", 3000)], "10.0.0.7:3000"],
  [[tcp("::1", 3000)], "[::1]:3000"],
  [["/run/chat.sock"], "unix:/run/chat.sock"],
])("workers that share %j are one host at %s", (listening, address) => {
  expect(hostOfFleet(fleet({ listening }))).toEqual({ number: 5, backends: [{ address }] });
});

it("slots with ports have the address that the app asked for, and one that starts has it, too", () => {
  const slotSockets = { kind: "ports", first: 4000 } as const;
  const at = (listening: ListenAddress[]) => hostOfFleet(fleet({ slotSockets, listening })).backends;
  expect(at([tcp("10.0.0.7", 4000), tcp("10.0.0.7", 4001)])).toEqual([
    { slot: 0, address: "10.0.0.7:4000" },
    { slot: 1, address: "10.0.0.7:4001" },
  ]);
  expect(at([tcp("::", 9000), tcp("::1", 4001)])).toEqual([
    { slot: 0, address: "[::1]:4000" },
    { slot: 1, address: "[::1]:4001" },
  ]);
});

it("slots with Unix sockets have these", () => {
  const slotSockets = { kind: "pipes", folder: "/run/chat" } as const;
  const { backends } = hostOfFleet(fleet({ slotSockets, listening: ["/run/chat/0.sock"] }));
  expect(backends).toEqual([
    { slot: 0, address: "unix:/run/chat/0.sock" },
    { slot: 1, address: "unix:/run/chat/1.sock" },
  ]);
});

it.each([
  fleet({}),
  fleet({ slotSockets: { kind: "ports", first: 4000 } }),
  fleet({ slotSockets: { kind: "ports", first: 4000 }, listening: [tcp("::", 9000)] }),
])("a fleet that listens nowhere fits no proxy, and one sentence says so", (status) => {
  const message = expect.stringMatching(/^The fleet "chat" does not listen: wait until it is ready, or say/);
  expect(() => hostOfFleet(status)).toThrow(expect.objectContaining({ code: "ERR_NO_ADDRESS", message }));
});
