/** What hosts know of each other's rooms, and what becomes of it when messages are lost and bridges die. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeMessage, MessageKind } from "../../../src/adapter/wire.js";
import { type Host, HostFleet, serverSocket, type TestClient, turn, until, type Worker } from "./hosts.js";

let fleet: HostFleet;
let clients: [TestClient, TestClient, TestClient, TestClient];
let here: Host;
let there: Host;
beforeEach(async () => {
  fleet = await HostFleet.open(2, 2);
  clients = (await fleet.connectAll()) as typeof clients;
  [here, there] = fleet.hosts as [Host, Host];
});
afterEach(() => fleet.close());

/** Kinds of the messages that a host sent to the site since the list was emptied. */
const kindsFrom = ({ number }: Host): number[] =>
  fleet.site.sent.filter(({ from }) => from === number).map(({ payload }) => decodeMessage(payload).kind);

const emitter = (): Worker => here.workers[0] as Worker;

/** Emits to this room, and tells how many messages that was for the site. */
async function emitTo(room: string, ...args: unknown[]): Promise<number> {
  const count = (): number => kindsFrom(here).filter((kind) => kind === MessageKind.BROADCAST).length;
  const before = count();
  emitter()
    .io.to(room)
    .emit("said", ...args);
  await fleet.settled();
  return count() - before;
}

describe("news", () => {
  test("are the first that enters a room on a host, and the last that leaves it", async () => {
    fleet.site.sent.length = 0;
    serverSocket(clients[2]).join("red");
    await fleet.settled();
    serverSocket(clients[3]).join("red");
    await fleet.settled();
    serverSocket(clients[2]).leave("red");
    await fleet.settled();
    expect(kindsFrom(there)).toEqual([MessageKind.ROOMS]);
    expect(await emitTo("red")).toBe(1);
    serverSocket(clients[3]).leave("red");
    await fleet.settled();
    expect(kindsFrom(there)).toEqual([MessageKind.ROOMS, MessageKind.ROOMS]);
    expect(await emitTo("red")).toBe(0);
  });

  test("of one turn are one message", async () => {
    fleet.site.sent.length = 0;
    const rooms = Array.from({ length: 1000 }, (_, i) => `room ${i}`);
    serverSocket(clients[2]).join(rooms);
    await fleet.settled();
    expect(kindsFrom(there)).toEqual([MessageKind.ROOMS]);
    expect(await emitTo("room 999")).toBe(1);
  });

  test("go before what the same worker says next", async () => {
    const heard: unknown[] = [];
    emitter().io.on("hello", () => {
      emitter().io.to("red").emit("welcome");
    });
    clients[2].socket.on("welcome", () => heard.push("welcome"));
    fleet.site.sent.length = 0;
    serverSocket(clients[2]).join("red");
    clients[2].worker.io.serverSideEmit("hello");
    await until(() => heard.length > 0);
    expect(kindsFrom(there)).toEqual([MessageKind.ROOMS, MessageKind.EMIT]);
  });

  test("end with the worker that had the members", async () => {
    serverSocket(clients[2]).join("red");
    await fleet.settled();
    there.network.kill((there.workers[0] as Worker).bus);
    await fleet.settled();
    expect(await emitTo("red")).toBe(0);
    expect(await emitTo("red")).toBe(0);
  });

  test("are none while another worker takes over a room", async () => {
    serverSocket(clients[2]).join("red");
    await fleet.settled();
    fleet.site.sent.length = 0;
    serverSocket(clients[3]).join("red");
    await fleet.settled();
    there.network.kill((there.workers[0] as Worker).bus);
    await fleet.settled();
    expect(kindsFrom(there).filter((kind) => kind === MessageKind.ROOMS)).toEqual([]);
    expect(await emitTo("red", 1)).toBe(1);
    expect(clients[3].events).toEqual([["said", 1]]);
  });

  test("are none of rooms that are named for sockets of their own host", async () => {
    fleet.site.sent.length = 0;
    // As a session that has moved from one slot to another.
    serverSocket(clients[3]).join(clients[2].id);
    await fleet.settled();
    expect(kindsFrom(there)).toEqual([]);
    await emitTo(clients[2].id, 1);
    expect(clients[2].events).toEqual([["said", 1]]);
    expect(clients[3].events).toEqual([["said", 1]]);
  });

  test("reach whoever joins the room of a socket of a third host", async () => {
    serverSocket(clients[2]).join(clients[1].id);
    await fleet.settled();
    clients[3].worker.io.to(clients[1].id).emit("said", 1);
    await fleet.settled();
    await emitTo(clients[1].id, 2);
    expect(clients[1].events).toEqual([
      ["said", 1],
      ["said", 2],
    ]);
    expect(clients[2].events).toEqual([
      ["said", 1],
      ["said", 2],
    ]);
  });
});

describe("a host whose messages were lost", () => {
  test("gets everything, until it has told everything", async () => {
    fleet.site.break(there.bridge.site, here.bridge.site);
    serverSocket(clients[2]).join("red");
    await fleet.settled();
    expect(await emitTo("red")).toBe(0);
    fleet.site.mend(there.bridge.site, here.bridge.site);
    // Whatever comes next shows that something is missing.
    serverSocket(clients[3]).join("blue");
    await fleet.settled();
    expect(await emitTo("red", 1)).toBe(1);
    expect(clients[2].events).toEqual([["said", 1]]);
    expect(await emitTo("nowhere")).toBe(0);
  });

  test("gets everything for as long as it cannot be asked", async () => {
    fleet.site.break(here.bridge.site, there.bridge.site);
    fleet.site.lose(there.bridge.site, here.bridge.site);
    await fleet.settled();
    expect(await emitTo("nowhere")).toBe(1);
    expect(await emitTo("nowhere")).toBe(1);
    fleet.site.mend(here.bridge.site, there.bridge.site);
    serverSocket(clients[0]).join("blue");
    await fleet.settled();
    expect(await emitTo("nowhere")).toBe(0);
  });

  test("is not waited for: what it was asked to join it confirms with the next word", async () => {
    fleet.site.break(there.bridge.site, here.bridge.site);
    emitter().io.in(clients[2].id).socketsJoin("red");
    await fleet.settled();
    expect(here.bridge.relay.gauges.questions).toBe(1);
    expect(emitter().adapter.gauges().pendingJoins).toBe(1);
    fleet.site.mend(there.bridge.site, here.bridge.site);
    serverSocket(clients[3]).join("blue");
    await fleet.settled();
    expect(here.bridge.relay.gauges.questions).toBe(0);
    expect(emitter().adapter.gauges().pendingJoins).toBe(0);
    expect(await emitTo("red", 1)).toBe(1);
    expect(clients[2].events).toEqual([["said", 1]]);
  });

  test("that missed a join itself is asked again", async () => {
    fleet.site.break(here.bridge.site, there.bridge.site);
    emitter().io.in(clients[2].id).socketsJoin("red");
    await fleet.settled();
    fleet.site.mend(here.bridge.site, there.bridge.site);
    serverSocket(clients[0]).join("blue");
    await fleet.settled();
    expect(emitter().adapter.gauges().pendingJoins).toBe(0);
  });
});

describe("a bridge", () => {
  test("that is replaced learns everything, and goes on", async () => {
    serverSocket(clients[2]).join("red");
    serverSocket(clients[0]).join("blue");
    await fleet.settled();
    fleet.replaceBridge(here);
    await fleet.settled();
    await fleet.known();
    expect(await emitTo("red", 1)).toBe(1);
    clients[3].worker.io.to("blue").emit("said", 2);
    await fleet.settled();
    expect(clients.map(({ events }) => events)).toEqual([[["said", 2]], [], [["said", 1]], []]);
    expect(await emitTo("nowhere")).toBe(0);
  });

  test("that is replaced while the others hold it for the same loses nothing of what is known", async () => {
    serverSocket(clients[2]).join("red");
    await fleet.settled();
    fleet.site.lose(there.bridge.site, here.bridge.site);
    fleet.site.lose(here.bridge.site, there.bridge.site);
    await fleet.settled();
    expect(await emitTo("red", 1)).toBe(1);
    expect(clients[2].events).toEqual([["said", 1]]);
    expect(await emitTo("nowhere")).toBe(0);
  });

  test("that hangs keeps nobody waiting, and its hosts are missing", async () => {
    here.network.stall(here.bridge.bus);
    while ((await emitter().io.of("/").adapter.serverCount()) !== 2) await turn();
    const sockets = await emitter().io.fetchSockets();
    expect(sockets).toHaveLength(2);
    here.network.resume(here.bridge.bus);
    await fleet.known();
    expect(await emitter().io.fetchSockets()).toHaveLength(4);
  });
});

test("a message that makes no sense is counted, and harms nobody", async () => {
  const { relay, site } = there.bridge;
  const kinds = [0, MessageKind.ORDER, MessageKind.WIDE, 21, 23, MessageKind.MIRROR, 31];
  const { site: from } = here.bridge;
  const bad = [
    Buffer.alloc(0),
    Buffer.from("nonsense of some length"),
    ...kinds.map((kind) => Buffer.concat([Buffer.from([kind]), Buffer.alloc(10)])),
    ...[
      MessageKind.BROADCAST,
      MessageKind.JOIN,
      MessageKind.LEAVE,
      MessageKind.DISCONNECT,
      MessageKind.FETCH,
    ].map((kind) => Buffer.concat([Buffer.from([kind]), Buffer.alloc(10)])),
    ...[MessageKind.HERE, MessageKind.ROOMS, MessageKind.ROSTER].map((kind) =>
      Buffer.concat([Buffer.from([kind]), Buffer.alloc(10)]),
    ),
  ];
  for (const payload of bad) from.send([site.self], payload);
  await fleet.settled();
  expect(relay.counters.malformed).toBe(bad.length);
  fleet.site.sent.length = 0;
  await emitTo(clients[2].id, 1);
  expect(clients[2].events).toEqual([["said", 1]]);
});
