/** Adapters over the memory bus: what a worker knows of the rooms of another, from its coming to its end. */

import { describe, expect, test } from "vitest";
import { emitted, fleet, join, network, sockets, told, worker } from "./bus-fleet.js";

describe("what is known of a worker", () => {
  test("begins with everything", async () => {
    const [a, b] = await fleet(2);
    join(b, ...Array.from({ length: 2500 }, (_, i) => `room ${i}`));
    const late = worker();
    await told();
    expect(late.adapter.gauges().foreignRooms).toBe(2501);
    expect(emitted(late, "room 2499")).toEqual([1]);
    expect(emitted(late, "other")).toEqual([]);
    expect(a.adapter.gauges().foreignRooms).toBe(2501);
  });

  test("is nothing before it has told: it gets everything", async () => {
    const [a] = await fleet(2);
    network.join();
    await network.settled();
    expect(emitted(a, "anything")).toEqual([2]);
  });

  test("ends with it", async () => {
    const [a, b, c] = await fleet(3);
    join(b, "red");
    join(c, "red");
    await told();
    network.kill(b.bus);
    await network.settled();
    expect(emitted(a, "red")).toEqual([2]);
    network.kill(c.bus);
    await network.settled();
    expect(a.adapter.gauges().foreignRooms).toBe(0);
  });

  test("is told anew after a link broke", async () => {
    const [a, b] = await fleet(2);
    join(b, "red");
    await told();
    network.cut(a.bus, b.bus);
    await told();
    expect(emitted(a, "red")).toEqual([1]);
    expect(emitted(a, "blue")).toEqual([]);
  });

  test("ends when its adapter is closed or replaced", async () => {
    const [a, b, c] = await fleet(3);
    join(b, "red");
    join(c, "red");
    await told();
    b.io.of("/").adapter.close();
    const replaced = sockets(c);
    c.io.adapter(c.adapter as never);
    await told();
    expect(emitted(a, "red")).toEqual([]);
    join(c, "red");
    replaced.delAll("socket");
    await told();
    expect(emitted(a, "red"), "the first adapter has no say any more").toEqual([2]);
  });

  test("is worth nothing while messages were lost, and exact again when it has told all", async () => {
    const [a, b] = await fleet(2, { queueLimit: 2000 });
    network.stall(a.bus);
    for (let i = 0; i < 300; i++) {
      join(b, `room ${i}`);
      await told();
    }
    expect(emitted(a, "room 299"), "the board shows that something is missing").toEqual([1]);
    network.resume(a.bus);
    await told();
    expect(a.adapter.gauges().foreignRooms).toBe(301);
    expect(emitted(a, "room 299")).toEqual([1]);
    expect(emitted(a, "other")).toEqual([]);
  });

  test("is never enough without a board: everything goes to everybody", async () => {
    const [a, b] = await fleet(3, { board: false });
    join(b, "red");
    await told();
    expect(emitted(a, "red")).toEqual([1, 2]);
    expect(emitted(a, "other")).toEqual([1, 2]);
  });
});

test("forty workers are told apart", async () => {
  const all = await fleet(40);
  for (const [slot, at] of all.entries()) join(at, `room ${slot % 20}`);
  await told();
  expect(emitted(all[0], "room 5")).toEqual([5, 25]);
  expect(emitted(all[0], "room 0")).toEqual([20]);
  expect(emitted(all[0])).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
});

test("a listener of the app that throws hides no member", async () => {
  const [a, b] = await fleet(2);
  const adapter = b.io.of("/").adapter;
  adapter.once("create-room", () => {
    throw new Error("the app's");
  });
  expect(() => join(b, "red", "blue")).toThrow("the app's");
  expect(adapter.rooms.has("red"), "the room is there, its member is not in it").toBe(true);
  join(b, "red", "blue");
  await told();
  expect([emitted(a, "red"), emitted(a, "blue"), emitted(a)]).toEqual([[1], [1], [1]]);
  adapter.once("leave-room", () => {
    throw new Error("the app's");
  });
  expect(() => sockets(b).delAll("socket")).toThrow("the app's");
  await told();
  expect(emitted(a, "blue"), "the room that was not left").toEqual([1]);
});
