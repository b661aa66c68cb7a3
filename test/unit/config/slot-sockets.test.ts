import { expect, test } from "vitest";
import {
  mostSlots,
  parseSlotSockets,
  slotSocketsProblem,
  slotTarget,
  writtenSlotSockets,
} from "../../../src/config/slot-sockets.js";

test.each(["ports:1", "ports:4000", "ports:65535", "pipes:/run/chat", "pipes:with:colons and spaces"])(
  "%s is understood, and written as it was read",
  (text) => {
    const sockets = parseSlotSockets(text);
    expect(sockets && writtenSlotSockets(sockets)).toBe(text);
  },
);

test.each([
  "",
  "4000",
  "ports:",
  "ports:0",
  "ports:65536",
  "ports:-1",
  "ports:4e3",
  "ports:0x10",
  "ports:4000-4003",
  "ports:4000x",
  "ports:999999999999",
  "Ports:4000",
  "pipes:",
  "pipes:\0abstract",
  "port:4000",
  "unix:/run/chat",
])("%j is not", (text) => {
  expect(parseSlotSockets(text)).toBeUndefined();
});

test("slot i has the port first + i, as a sum", () => {
  const sockets = { kind: "ports", first: 4000 } as const;
  expect([0, 1, 10, 1295].map((slot) => slotTarget(sockets, slot))).toEqual(
    [4000, 4001, 4010, 5295].map((port) => ({ kind: "tcp", port })),
  );
});

test("slot i has the socket i.sock of the folder", () => {
  expect(slotTarget({ kind: "pipes", folder: "/run/chat" }, 11)).toEqual({
    kind: "pipe",
    path: "/run/chat/11.sock",
  });
});

test.each([
  [4000, 1296],
  [64240, 1296],
  [64241, 1295],
  [65535, 1],
])("from port %d there is room for %d slots, no more, and none of them is past 65535", (first, room) => {
  const sockets = { kind: "ports", first } as const;
  expect(mostSlots(sockets)).toBe(room);
  expect(slotSocketsProblem(sockets, room)).toBeUndefined();
  expect(slotTarget(sockets, room - 1)).toMatchObject({ port: expect.toSatisfy((port) => port <= 65535) });
  if (room < 1296) expect(slotSocketsProblem(sockets, room + 1)).toContain("the last port is 65535");
});

test("a range that is too short for a fleet of 70,000 slots is refused, not taken modulo something", () => {
  expect(slotSocketsProblem({ kind: "ports", first: 1 }, 70_000)).toContain("no room for 70000 workers");
});

test("a folder is as long as leaves room for the longest name of a slot's socket, in bytes", () => {
  const fits = { kind: "pipes", folder: `/${"x".repeat(92)}` } as const;
  expect(slotSocketsProblem(fits, 4)).toBeUndefined();
  expect(slotTarget(fits, 1295)).toMatchObject({ path: expect.toSatisfy((path) => path.length === 103) });
  expect(slotSocketsProblem({ kind: "pipes", folder: `/${"x".repeat(93)}` }, 4)).toContain("too long");
  expect(slotSocketsProblem({ kind: "pipes", folder: `/${"ü".repeat(50)}` }, 4)).toContain("101 bytes");
});
