/** Adapters over the memory bus: who is sent what for a room, from the first message on. The servers listen nowhere. */

import { Server } from "socket.io";
import { beforeEach, describe, expect, test } from "vitest";
import { type AdapterFactory, createAdapter } from "../../../../src/adapter/create-adapter.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { MemoryNetwork, type MemoryNetworkOptions } from "../../../../src/bus/memory-network.js";
import { sidPrefix } from "../../../../src/routing/sid.js";

type Worker = { readonly bus: MemoryBus; readonly io: Server; readonly adapter: AdapterFactory };
/** What an adapter does for a socket. */
type Sockets = Pick<InstanceType<typeof import("socket.io-adapter").Adapter>, "addAll" | "del" | "delAll">;

let network: MemoryNetwork;
let workers: Worker[];

function worker(slot?: number, generation?: number): Worker {
  const bus = network.join(slot, generation);
  const adapter = createAdapter(bus);
  const joined = { bus, adapter, io: new Server({ adapter }) };
  workers.push(joined);
  return joined;
}

async function fleet(
  count: number,
  options: MemoryNetworkOptions = {},
): Promise<[Worker, Worker, Worker, ...Worker[]]> {
  network = new MemoryNetwork(options);
  workers = [];
  for (let slot = 0; slot < count; slot++) worker();
  await network.settled();
  return workers as [Worker, Worker, Worker, ...Worker[]];
}

const sockets = ({ io }: Worker, namespace = "/"): Sockets => io.of(namespace).adapter;

function join(at: Worker, ...rooms: unknown[]): void {
  sockets(at).addAll("socket", new Set(rooms as string[]));
}

/** Awaits that all news has arrived. */
async function told(): Promise<void> {
  await new Promise((resolve) => process.nextTick(resolve));
  await network.settled();
}

/** The slots to which `act` sends at once. News that waits for the end of the turn is not counted. */
function reached({ bus }: Worker, act: () => void): number[] {
  const slots: number[] = [];
  const send = bus.send;
  bus.send = (to) => {
    for (const { identity } of to) slots.push(identity.slot);
  };
  try {
    act();
  } finally {
    bus.send = send;
  }
  return slots;
}

const emitted = (from: Worker, ...rooms: unknown[]): number[] =>
  reached(from, () => from.io.to(rooms as string[]).emit("event"));

const idIn = (slot: number): string => `${sidPrefix({ host: 0, slot })}AAAAAAAAAAAAAAAA`;

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
