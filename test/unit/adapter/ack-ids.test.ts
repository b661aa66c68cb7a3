import { expect, test } from "vitest";
import { freeAckId, isAckIdTaken } from "../../../src/adapter/ack-ids.js";
import type { LocalSocket } from "../../../src/adapter/internals.js";

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
