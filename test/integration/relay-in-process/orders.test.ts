/** What somebody outside the site wants done: each host's bridge has it done at the sockets of its host, and nowhere else. */

import { afterEach, beforeEach, expect, test } from "vitest";
import type { EmitterOrder } from "../../../src/bridge/emitter/orders.js";
import { HostFleet, serverSocket, type TestClient, until } from "./hosts.js";

let fleet: HostFleet;
let clients: TestClient[];
beforeEach(async () => {
  fleet = await HostFleet.open(2, 2);
  clients = await fleet.connectAll();
});
afterEach(() => fleet.close());

const opts = (...rooms: string[]) => ({ rooms, except: [] as string[], flags: {} });
const event = (...data: [string, ...unknown[]]) => ({ type: 2, nsp: "/", data }) as const;

/** At the bridge of the first host, or of all. */
async function give(order: EmitterOrder, hosts = fleet.hosts): Promise<void> {
  for (const { bridge } of hosts) bridge.relay.emit(order);
  await fleet.settled();
}

const first = () => fleet.hosts.slice(0, 1);
const heard = (): unknown[] => clients.map(({ events }) => events);

test("a broadcast reaches the sockets of this host only, once", async () => {
  await give({ namespace: "/", kind: "broadcast", packet: event("hello", 1), opts: opts() }, first());
  await until(() => clients.slice(0, 2).every(({ events }) => events.length > 0));
  await fleet.settled();
  expect(heard()).toEqual([[["hello", 1]], [["hello", 1]], [], []]);
});

test("a broadcast with bytes, to a room and not to another", async () => {
  for (const client of clients) serverSocket(client).join("red");
  serverSocket(clients[1] as TestClient).join("blue");
  await fleet.settled();
  const packet = event("hello", Buffer.from([1, 2, 3]));
  const except = { ...opts("red"), except: ["blue"] };
  await give({ namespace: "/", kind: "broadcast", packet, opts: except });
  const got = [["hello", Buffer.from([1, 2, 3])]];
  await until(() => clients.every(({ events }, i) => i === 1 || events.length > 0));
  expect(heard()).toEqual([got, [], got, got]);
});

test("orders are carried out in the order in which they were given", async () => {
  await give({ namespace: "/", kind: "join", rooms: ["red"], opts: opts() });
  for (const { bridge } of fleet.hosts) {
    bridge.relay.emit({ namespace: "/", kind: "broadcast", packet: event("red", 1), opts: opts("red") });
    bridge.relay.emit({
      namespace: "/",
      kind: "leave",
      rooms: ["red"],
      opts: opts(clients[1]?.id as string),
    });
    bridge.relay.emit({ namespace: "/", kind: "broadcast", packet: event("red", 2), opts: opts("red") });
  }
  await until(() => [0, 2, 3].every((i) => (clients[i]?.events.length ?? 0) > 1));
  await fleet.settled();
  const both = [
    ["red", 1],
    ["red", 2],
  ];
  expect(heard()).toEqual([both, [["red", 1]], both, both]);
});

test("sockets are disconnected, and what the app says of it then is for all hosts", async () => {
  const gone = clients[1] as TestClient;
  serverSocket(gone).on("disconnect", () => gone.worker.io.emit("left"));
  await give({ namespace: "/", kind: "disconnect", close: true, opts: opts(gone.id) });
  await until(() => [0, 2, 3].every((i) => (clients[i]?.events.length ?? 0) > 0));
  await fleet.settled();
  expect(gone.socket.connected).toBe(false);
  expect(heard()).toEqual([[["left"]], [], [["left"]], [["left"]]]);
});

test("serverSideEmit reaches every server of this host", async () => {
  const got: unknown[] = [];
  for (const [index, { io }] of fleet.workers.entries()) io.on("news", (value) => got.push([index, value]));
  await give({ namespace: "/", kind: "emit", args: ["news", 7], opts: opts() }, first());
  expect(got).toEqual([
    [0, 7],
    [1, 7],
  ]);
});

test("another namespace, and one where nobody is", async () => {
  const admin = await fleet.connect(fleet.workers[1] as never, "/admin").catch(() => undefined);
  expect(admin).toBeUndefined();
  for (const { io } of fleet.workers) io.of("/admin");
  const client = await fleet.connect(fleet.workers[1] as never, "/admin");
  await fleet.settled();
  await give({ namespace: "/admin", kind: "broadcast", packet: event("hello"), opts: opts() });
  await give({ namespace: "/nowhere", kind: "broadcast", packet: event("hello"), opts: opts() });
  await until(() => client.events.length > 0);
  expect(client.events).toEqual([["hello"]]);
  expect(heard()).toEqual([[], [], [], []]);
});

test("volatile packets are volatile between the hosts, too", async () => {
  fleet.site.sent.length = 0;
  fleet.workers[0]?.io.volatile.emit("hello");
  fleet.workers[0]?.io.emit("hello");
  await fleet.settled();
  expect(fleet.site.sent.map(({ volatile }) => volatile)).toEqual([true, false]);
});

test("a local broadcast stays at its worker", async () => {
  fleet.site.sent.length = 0;
  fleet.workers[0]?.io.local.emit("hello");
  await until(() => (clients[0]?.events.length ?? 0) > 0);
  await fleet.settled();
  expect(fleet.site.sent).toEqual([]);
  expect(heard()).toEqual([[["hello"]], [], [], []]);
});
