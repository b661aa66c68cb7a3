/** Adapters over the memory bus: who is sent what for a room, from the first message on. */

import { beforeEach, describe, expect, test } from "vitest";
import {
  emitted,
  fleet,
  idIn,
  join,
  network,
  reached,
  sockets,
  told,
  type Worker,
  worker,
} from "./bus-fleet.js";

describe("a broadcast to rooms", () => {
  let a: Worker;
  let b: Worker;
  let c: Worker;
  beforeEach(async () => {
    [a, b, c] = await fleet(5);
  });

  test("is sent to the workers that have members, once each", async () => {
    join(b, "red", "both");
    join(c, "blue", "both", 7);
    await told();
    expect(emitted(a, "red")).toEqual([1]);
    expect(emitted(a, "blue")).toEqual([2]);
    expect(emitted(a, "both")).toEqual([1, 2]);
    expect(emitted(a, "red", "blue", "both")).toEqual([1, 2]);
    expect(emitted(a, 7)).toEqual([2]);
    expect(emitted(a, "7"), "the number and the text are two rooms").toEqual([]);
    expect(emitted(a, "nobody")).toEqual([]);
    expect(emitted(c, "both"), "its own members need no message").toEqual([1]);
  });

  test("is sent to a member that joined in this very turn, before its worker has told", () => {
    join(b, "red");
    expect(emitted(a, "red")).toEqual([1]);
    expect(emitted(c, "red")).toEqual([1]);
    sockets(b).delAll("socket");
    join(b, "red");
    expect(emitted(a, "red")).toEqual([1]);
  });

  test("is not sent more widely because of news about other rooms", () => {
    for (let i = 0; i < 20; i++) join(b, `room ${i}`);
    const wide = Array.from({ length: 200 }, (_, i) => emitted(a, `other ${i}`)).flat();
    // Twenty of 256 counts have moved, so one room in thirteen may be one of b's.
    expect(wide.length).toBeLessThan(40);
    expect(wide.every((slot) => slot === 1)).toBe(true);
  });

  test("is sent as long as there is one member, and no longer", async () => {
    sockets(b).addAll("one", new Set(["red"]));
    sockets(b).addAll("two", new Set(["red"]));
    await told();
    sockets(b).del("one", "red");
    await told();
    expect(emitted(a, "red")).toEqual([1]);
    sockets(b).del("two", "red");
    sockets(b).del("two", "red");
    await told();
    expect(emitted(a, "red")).toEqual([]);
  });

  test("follows whoever leaves and comes back in one turn, whatever the order", async () => {
    join(b, "red");
    await told();
    sockets(b).del("socket", "red");
    join(b, "red");
    sockets(b).del("socket", "red");
    await told();
    expect(emitted(a, "red")).toEqual([]);
    join(b, "red");
    sockets(b).del("socket", "red");
    join(b, "red");
    await told();
    expect(emitted(a, "red")).toEqual([1]);
  });

  test("goes to everybody where JSON has no name for the room", () => {
    expect(emitted(a, undefined)).toEqual([1, 2, 3, 4]);
  });

  test("to the whole namespace is sent where it has any socket", async () => {
    expect(emitted(a)).toEqual([]);
    join(b, "red");
    expect(emitted(a), "before b has told").toEqual([1]);
    await told();
    expect(emitted(a)).toEqual([1]);
    expect(reached(a, () => a.io.of("/other").emit("event"))).toEqual([]);
    sockets(b).delAll("socket");
    await told();
    expect(emitted(a)).toEqual([]);
  });

  test("of one namespace does not follow members of another", async () => {
    b.io.of("/other");
    sockets(b, "/other").addAll("socket", new Set(["red"]));
    await told();
    expect(emitted(a, "red")).toEqual([]);
    expect(reached(a, () => a.io.of("/other").to("red").emit("event"))).toEqual([1]);
  });
});

describe("the room that is named like a socket", () => {
  test("is found without anybody having told, and told of where others are in it", async () => {
    const [a, b, c] = await fleet(5);
    const id = idIn(1);
    sockets(b).addAll(id, new Set([id]));
    expect(emitted(a, id)).toEqual([1]);
    expect(emitted(b, id), "its owner").toEqual([]);
    await told();
    expect(a.adapter.gauges().foreignRooms, "the namespace, not the room").toBe(1);
    join(c, id);
    expect(emitted(b, id)).toEqual([2]);
    await told();
    expect(emitted(a, id)).toEqual([1, 2]);
    expect(emitted(b, id)).toEqual([2]);
  });

  test("is looked for in both workers of a slot during a reload", async () => {
    const [a] = await fleet(3);
    worker(1, 2);
    await network.settled();
    expect(emitted(a, idIn(1))).toEqual([1, 1]);
  });

  test("of a slot without a worker is looked for nowhere", async () => {
    const [a] = await fleet(3);
    expect(emitted(a, idIn(40))).toEqual([]);
  });
});

describe("socketsJoin", () => {
  test("counts at once where it was asked for, until the others have said who joined", async () => {
    const [a, b, c] = await fleet(4);
    join(b, "red");
    join(c, "red");
    await told();
    a.io.in("red").socketsJoin("green");
    expect(emitted(a, "green")).toEqual([1, 2]);
    expect(a.adapter.gauges().pendingJoins).toBe(2);
    await told();
    // Those that are named by no socket of a server joined nothing.
    expect(emitted(a, "green")).toEqual([]);
    expect(a.adapter.gauges().pendingJoins).toBe(0);
  });

  test("does not wait for who exits, or has no such namespace", async () => {
    const [a, b, c] = await fleet(3);
    sockets(a, "/other");
    b.io.of("/other");
    sockets(b, "/other").addAll("socket", new Set(["red"]));
    join(c, "red");
    await told();
    network.stall(c.bus);
    a.io.in("red").socketsJoin("green");
    a.io.of("/other").in("red").socketsJoin("green");
    b.io.of("/other").adapter.close();
    await network.settled();
    expect(emitted(a, "green")).toEqual([2]);
    network.kill(c.bus);
    await network.settled();
    expect(a.adapter.gauges().pendingJoins).toBe(0);
    expect(emitted(a, "green")).toEqual([]);
  });
});
