import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Place } from "../../../../src/adapter/rooms/places.js";
import {
  addToMask,
  eachInMask,
  type Mask,
  RoomTable,
  removeFromMask,
} from "../../../../src/adapter/rooms/room-table.js";

function members(mask: Mask): number[] {
  const peers: number[] = [];
  eachInMask(mask, (peer) => peers.push(peer));
  return peers;
}

describe("a mask", () => {
  test("holds what was added and not removed, in ascending order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), fc.array(fc.nat(200)), (added, removed) => {
        const mask: Mask = [];
        for (const peer of added) addToMask(mask, peer);
        for (const peer of removed) removeFromMask(mask, peer);
        const left = added.filter((peer) => !removed.includes(peer)).sort((a, b) => a - b);
        expect(members(mask)).toEqual(left);
      }),
    );
  });
});

type Step = {
  peer: number;
  address: string;
  rooms: (string | number | null)[];
  act: "add" | "remove" | "forget";
};

const step: fc.Arbitrary<Step> = fc.record({
  peer: fc.constantFrom(0, 1, 30, 31, 62, 70),
  address: fc.constantFrom("/", "/other"),
  rooms: fc.array(fc.constantFrom("a", "1", 1, "", null), { maxLength: 3 }),
  act: fc.constantFrom("add", "add", "add", "remove", "remove", "forget"),
});

describe("a table of rooms", () => {
  test("knows what a set of (peer, address, room) would know, and keeps nothing else", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new RoomTable();
        const model = new Map<string, Step["rooms"][number]>();
        for (const { peer, address, rooms, act } of steps) {
          if (act === "forget") {
            table.forget(peer);
            for (const key of [...model.keys()]) if (key.startsWith(`${peer} `)) model.delete(key);
            continue;
          }
          table[act](peer, address, rooms as Place[]);
          for (const room of rooms) {
            const key = `${peer} ${address} ${typeof room} ${room}`;
            if (act === "add") model.set(key, room);
            else model.delete(key);
          }
        }
        for (const address of ["/", "/other"]) {
          for (const room of ["a", "1", 1, "", null]) {
            const mask: Mask = [];
            table.collect(address, room as string, mask);
            const expected = [0, 1, 30, 31, 62, 70].filter((peer) =>
              model.has(`${peer} ${address} ${typeof room} ${room}`),
            );
            expect(members(mask)).toEqual(expected);
          }
        }
        if (model.size === 0) expect(table.size).toBe(0);
      }),
    );
  });

  test("is empty when the last peer of every room is forgotten", () => {
    const table = new RoomTable();
    for (const peer of [3, 40]) {
      for (let room = 0; room < 1000; room++) table.add(peer, `/${room % 10}`, [`room ${room}`]);
    }
    expect(table.size).toBe(2000);
    table.forget(3);
    expect(table.size).toBe(1000);
    table.forget(40);
    expect(table.size).toBe(0);
  });
});
