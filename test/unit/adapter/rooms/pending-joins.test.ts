import { beforeEach, expect, test } from "vitest";
import { PendingJoins } from "../../../../src/adapter/rooms/pending-joins.js";

let joins: PendingJoins;
beforeEach(() => {
  joins = new PendingJoins();
});

function peersIn(room: string, address = "/"): number[] {
  const peers: number[] = [];
  joins.eachIn(address, room, (peer) => peers.push(peer));
  return peers;
}

test("a peer may be in a room from the question to the answer", () => {
  joins.add(4, { number: 10, address: "/", rooms: ["a", "b"] });
  expect([peersIn("a"), peersIn("b"), peersIn("c"), peersIn("a", "/other")]).toEqual([[4], [4], [], []]);
  joins.settle(4, 10);
  expect([peersIn("a"), peersIn("b"), joins.size]).toEqual([[], [], 0]);
});

test("of two questions for one room, each must be answered", () => {
  joins.add(4, { number: 10, address: "/", rooms: ["a"] });
  joins.add(4, { number: 12, address: "/", rooms: ["a"] });
  joins.settle(4, 10);
  expect(peersIn("a")).toEqual([4]);
  joins.settle(4, 12);
  expect(peersIn("a")).toEqual([]);
});

test("an answer stands for all questions before it, whose own answers may be lost, but for none after it", () => {
  joins.add(4, { number: 10, address: "/", rooms: ["a"] });
  joins.add(4, { number: 12, address: "/", rooms: ["b"] });
  joins.add(4, { number: 0xffffffff, address: "/", rooms: ["c"] });
  joins.add(4, { number: 1, address: "/", rooms: ["d"] });
  joins.settle(4, 0xffffffff);
  expect(["a", "b", "c", "d"].map((room) => peersIn(room))).toEqual([[], [], [], [4]]);
});

test("answers to what nobody asked change nothing", () => {
  joins.add(4, { number: 10, address: "/", rooms: ["a"] });
  joins.settle(4, 11);
  joins.settle(5, 10);
  expect(peersIn("a")).toEqual([4]);
});

test("a peer that is gone is in no room, the others stay", () => {
  joins.add(4, { number: 10, address: "/", rooms: ["a"] });
  joins.add(5, { number: 11, address: "/", rooms: ["a"] });
  joins.forget(4);
  expect([peersIn("a"), joins.size]).toEqual([[5], 1]);
});
