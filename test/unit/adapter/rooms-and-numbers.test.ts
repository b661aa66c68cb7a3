import { expect, test } from "vitest";
import { freeAckId, isAckIdTaken } from "../../../src/adapter/ack-ids.js";
import type { LocalSocket } from "../../../src/adapter/internals.js";
import { SharedRooms } from "../../../src/adapter/shared-rooms.js";

const MINE = "AAAAAAAAAAAAAAAAAAAA";
const THEIRS = "bbbbbbbbbbbbbbbbbb_-";

test("only rooms that are ids of sockets of this worker stay here", () => {
  const shared = new SharedRooms(new Set([MINE, "lobby", 7 as unknown as string]));
  expect(shared.areLocal(new Set([MINE]))).toBe(true);
  expect(shared.areLocal(new Set([MINE, THEIRS]))).toBe(false);
  expect(shared.areLocal(new Set([MINE, "room"]))).toBe(false);
  expect(shared.areLocal(new Set())).toBe(false);
  expect(shared.areLocal(new Set(["lobby"])), "an id of another form is published").toBe(false);
  expect(shared.areLocal(new Set([7 as unknown as string]))).toBe(false);
});

test("a room that others have joined is published until its socket is gone", () => {
  const sockets = new Set([MINE]);
  const shared = new SharedRooms(sockets);
  shared.share([MINE, THEIRS]);
  expect(shared.areLocal(new Set([MINE]))).toBe(false);
  shared.forget(MINE);
  expect(shared.areLocal(new Set([MINE]))).toBe(true);
  sockets.add(THEIRS);
  expect(shared.areLocal(new Set([THEIRS])), "what was not ours was not kept").toBe(true);
});

test("rooms that others must hear of are those named like a socket that is not here", () => {
  const shared = new SharedRooms(new Set([MINE]));
  expect(shared.foreign([MINE, THEIRS, "room", "x".repeat(21)])).toEqual([THEIRS]);
});

const waitingFor = (...ids: number[]): LocalSocket =>
  ({ acks: new Map(ids.map((id) => [id, () => {}])) }) as unknown as LocalSocket;

test("an ack's number is free on every socket, and fits in 31 bits", () => {
  const randoms = [0, 0.5, 0.75];
  const sockets = [waitingFor(2 ** 30), waitingFor(5, 2 ** 30 + 2 ** 29)];
  const id = freeAckId(sockets, () => randoms.shift() ?? 0);
  expect(id).toBe(2 ** 30 + 0.75 * 2 ** 30);
  expect(isAckIdTaken(sockets, id)).toBe(false);
  expect(isAckIdTaken(sockets, 5)).toBe(true);
  expect(freeAckId([], () => 1 - Number.EPSILON)).toBeLessThan(2 ** 31);
});
