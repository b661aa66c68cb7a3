import { expect, test } from "vitest";
import {
  canTravel,
  cellOf,
  isAnnounced,
  NAMESPACE,
  slotOfRoom,
} from "../../../../src/adapter/rooms/places.js";
import { BOARD_CELLS } from "../../../../src/bus/bus.js";

const SOCKET = "0007AAAAAAAAAAAAAA_-";
const SID = "0007AAAAAAAAAAAAAAAAAAAA";

test("a room that is named like a socket's id is in the slot that the name begins with", () => {
  expect(slotOfRoom(SOCKET, 0)).toBe(7);
  expect(slotOfRoom(SID, 0), "clients of protocol 3").toBe(7);
  expect(slotOfRoom(SOCKET, 1), "of another host").toBe(-1);
  expect(slotOfRoom("00zzAAAAAAAAAAAAAA_-", 0)).toBe(1295);
});

test("no other room is", () => {
  for (const room of ["0007", "lobby", `${SOCKET}x`, "AAAAAAAAAAAAAAAAAAAA", "", 7, undefined, null, {}]) {
    expect(slotOfRoom(room, 0), String(room)).toBe(-1);
  }
});

test("rooms are told of, but for those whose name says it and those that mean nothing elsewhere", () => {
  const here = { host: 0, slot: 7 };
  for (const room of ["lobby", "", 0, -1.5, true, "0008AAAAAAAAAAAAAA_-", "507f1f77bcf86cd799439011"]) {
    expect(isAnnounced(room as string, here), String(room)).toBe(true);
  }
  for (const room of [SOCKET, SID, undefined, null, 1n, Number.NaN, {}, Symbol("room")]) {
    expect(isAnnounced(room as string, here), String(room)).toBe(false);
  }
  expect(canTravel(SOCKET)).toBe(true);
});

test("every place has a cell, never the first, and few share one", () => {
  const cells = Array.from({ length: 10_000 }, (_, i) => cellOf("/", `room ${i}`));
  expect(Math.min(...cells)).toBeGreaterThan(0);
  expect(Math.max(...cells)).toBeLessThan(BOARD_CELLS);
  const counts = new Map<number, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  expect(counts.size).toBe(BOARD_CELLS - 1);
  expect(Math.max(...counts.values())).toBeLessThan(100);
  expect(cellOf("/", NAMESPACE)).not.toBe(cellOf("/other", NAMESPACE));
  for (const room of ["", "ü😀\ud800", 5, true, "x".repeat(10_000)]) {
    expect(cellOf("/", room as string)).toBe(cellOf("/", room as string));
  }
});
