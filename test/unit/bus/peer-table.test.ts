import { expect, test } from "vitest";
import { PeerTable, peerKey, peerOf } from "../../../src/bus/peer-table.js";

const worker = (slot: number, incarnation: string, generation = 1, host = 0) => ({
  peer: peerOf({ host, slot, incarnation, generation }),
});

test("a key names one process: host, slot and incarnation", () => {
  const keys = [
    { host: 1, slot: 11, incarnation: "a" },
    { host: 11, slot: 1, incarnation: "a" },
    { host: 1, slot: 1, incarnation: "1a" },
    { host: 1, slot: 1, incarnation: "a" },
  ].map(peerKey);
  expect(new Set(keys).size).toBe(4);
});

test("the list is the same until somebody comes or goes", () => {
  const table = new PeerTable();
  const first = worker(0, "a");
  table.add(first);
  const before = table.peers();
  expect(table.peers()).toBe(before);
  table.add(worker(1, "b"));
  expect(table.peers()).not.toBe(before);
  expect(before).toEqual([first.peer]);
});

test("only the very entry that is in the table is removed", () => {
  const table = new PeerTable();
  const older = worker(0, "a");
  const newer = worker(0, "a");
  table.add(older);
  table.add(newer);
  expect(table.remove(older)).toBe(false);
  expect(table.get(newer.peer.key)).toBe(newer);
  expect(table.remove(newer)).toBe(true);
  expect(table.peers()).toEqual([]);
});

test("the newest of a slot is of the highest generation, else the last that came, and of that host", () => {
  const table = new PeerTable();
  const [old, young, again, foreign] = [
    worker(2, "a", 1),
    worker(2, "b", 3),
    worker(2, "c", 3),
    worker(2, "d", 9, 4),
  ];
  for (const entry of [young, old, again, foreign]) if (entry) table.add(entry);
  expect(table.newestOfSlot(0, 2)).toBe(again?.peer);
  if (again) table.remove(again);
  expect(table.newestOfSlot(0, 2)).toBe(young?.peer);
  expect(table.newestOfSlot(0, 3)).toBeUndefined();
});
