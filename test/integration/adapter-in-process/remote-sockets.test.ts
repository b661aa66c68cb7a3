import type { RemoteSocket } from "socket.io";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fleet, type Node, serverSocket, type TestClient, until } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node, Node];
let clients: [TestClient, TestClient, TestClient];

beforeEach(async () => {
  fleet = await Fleet.open();
  nodes = fleet.nodes as [Node, Node, Node];
  clients = (await Promise.all(
    nodes.map((node, index) => fleet.connect(node, "/", { auth: { token: `t${index}` } })),
  )) as [TestClient, TestClient, TestClient];
});
afterEach(() => fleet.close());

const ids = (sockets: readonly { id: string }[]): string[] => sockets.map(({ id }) => id).toSorted();
const find = (sockets: RemoteSocket<never, unknown>[], { id }: TestClient) =>
  sockets.find((socket) => socket.id === id);

describe("fetchSockets", () => {
  test("returns the sockets of all workers, with rooms, data and handshake", async () => {
    const socket = serverSocket(nodes[1], clients[1]);
    socket.join("room");
    socket.data = { user: "ada", since: new Date(5), avatar: Buffer.from("png"), tags: new Set(["a"]) };
    const sockets = await nodes[0].io.fetchSockets();
    expect(ids(sockets)).toEqual(ids(clients));
    const remote = find(sockets as never, clients[1]);
    expect(remote?.rooms).toEqual(new Set([clients[1].id, "room"]));
    expect(remote?.data).toEqual(socket.data);
    expect(remote?.handshake).toEqual(socket.handshake);
    expect(remote?.handshake.auth).toEqual({ token: "t1" });
  });

  test("keeps to rooms and exceptions on every worker", async () => {
    serverSocket(nodes[0], clients[0]).join("room");
    serverSocket(nodes[2], clients[2]).join("room");
    expect(ids(await nodes[1].io.in("room").fetchSockets())).toEqual(ids([clients[0], clients[2]]));
    expect(ids(await nodes[1].io.except("room").fetchSockets())).toEqual([clients[1].id]);
    expect(ids(await nodes[1].io.in(clients[2].id).fetchSockets())).toEqual([clients[2].id]);
    expect(await nodes[1].io.in("nobody").fetchSockets()).toEqual([]);
    expect(ids(await nodes[1].io.local.fetchSockets())).toEqual([clients[1].id]);
  });

  test("takes along what it can of data that cannot be cloned", async () => {
    const socket = serverSocket(nodes[1], clients[1]);
    const circular: Record<string, unknown> = { name: "c" };
    circular.self = circular;
    socket.data = {
      call: () => {},
      id: { toJSON: () => "507f" },
      circular,
      promise: Promise.resolve(),
      big: 7n,
    };
    Object.assign(socket.handshake, { sessionStore: { db: process }, session: { save: () => {}, user: 1 } });
    const remote = find((await nodes[0].io.fetchSockets()) as never, clients[1]);
    const data = remote?.data as unknown as typeof socket.data;
    expect(data).toMatchObject({ id: "507f", circular: { name: "c" }, promise: {}, big: 7n });
    expect(data.call).toBeUndefined();
    expect(data.circular.self).toBe(data.circular);
    expect(remote?.handshake).toMatchObject({ session: { user: 1 } });
    expect(remote?.handshake).not.toHaveProperty("sessionStore");
  });

  test("of a worker whose socket has poisoned data still returns the others", async () => {
    serverSocket(nodes[1], clients[1]).data.user = "ada";
    Object.defineProperty(serverSocket(nodes[1], clients[1]).data, "poison", {
      enumerable: true,
      get: () => {
        throw new Error("poison");
      },
    });
    const healthy = await fleet.connect(nodes[1]);
    const sockets = await nodes[0].io.fetchSockets();
    expect(ids(sockets)).toEqual(ids([...clients, healthy]));
    expect(find(sockets as never, clients[1])?.data).toEqual({ user: "ada" });
    expect(nodes[1].adapter.counters.unencodable).toBe(1);
  });

  test("is not overtaken by what the app does next", async () => {
    const fetched = nodes[0].io.fetchSockets();
    nodes[0].io.disconnectSockets();
    expect(ids(await fetched)).toEqual(ids(clients));
  });

  test("takes 300 sockets of one worker", async () => {
    const many = await Promise.all(Array.from({ length: 300 }, () => fleet.connect(nodes[1])));
    expect(ids(await nodes[0].io.fetchSockets())).toEqual(ids([...clients, ...many]));
  });
});

test("allSockets returns the ids of all workers", async () => {
  serverSocket(nodes[2], clients[2]).join("room");
  expect([...(await nodes[0].io.allSockets())].toSorted()).toEqual(ids(clients));
  expect([...(await nodes[0].io.in("room").allSockets())]).toEqual([clients[2].id]);
});

describe("from another worker", () => {
  test("socketsJoin and socketsLeave change rooms at once for what is emitted next", async () => {
    nodes[0].io.in([clients[1].id, clients[2].id]).socketsJoin(["a", "b"]);
    nodes[0].io.to("a").emit("joined");
    nodes[0].io.in("b").socketsLeave("a");
    nodes[0].io.to("a").emit("never");
    nodes[0].io.to("b").emit("still");
    const expected = [["joined"], ["still"]];
    expect(await clients[1].received(2)).toEqual(expected);
    expect(await clients[2].received(2)).toEqual(expected);
    expect(clients[0].events).toEqual([]);
    expect(serverSocket(nodes[1], clients[1]).rooms).toEqual(new Set([clients[1].id, "b"]));
  });

  test("with local, only this worker's sockets are moved", async () => {
    nodes[0].io.local.socketsJoin("here");
    expect(ids(await nodes[1].io.in("here").fetchSockets())).toEqual([clients[0].id]);
  });

  test("disconnectSockets ends the sockets of a room, with the reason of a server", async () => {
    const reasons: string[] = [];
    clients[2].socket.on("disconnect", (reason) => reasons.push(reason));
    nodes[0].io.in(clients[2].id).disconnectSockets();
    await until(() => reasons.length === 1);
    expect(reasons).toEqual(["io server disconnect"]);
    expect(clients[1].socket.connected).toBe(true);
  });

  test("disconnectSockets(true) closes the connection of all namespaces", async () => {
    for (const { io } of nodes) io.of("/second");
    const manager = clients[1].socket.io;
    const second = manager.socket("/second");
    await new Promise<void>((resolve) => second.once("connect", resolve));
    nodes[0].io.in(clients[1].id).disconnectSockets(true);
    await until(() => !second.connected && !clients[1].socket.connected);
    expect(nodes[1].io.engine.clientsCount).toBe(0);
  });

  test("a remote socket joins, leaves, gets an event and disconnects", async () => {
    const remote = find((await nodes[0].io.fetchSockets()) as never, clients[1]);
    remote?.join("a");
    remote?.join("b");
    remote?.leave("a");
    (remote as unknown as { emit(name: string, value: number): void }).emit("hello", 1);
    expect(await clients[1].received(1)).toEqual([["hello", 1]]);
    expect(serverSocket(nodes[1], clients[1]).rooms).toEqual(new Set([clients[1].id, "b"]));
    remote?.disconnect();
    await until(() => !clients[1].socket.connected);
  });
});

test("serverCount is the number of workers, and follows them", async () => {
  expect(await nodes[0].io.of("/").adapter.serverCount()).toBe(3);
  await fleet.add();
  expect(await nodes[0].io.of("/").adapter.serverCount()).toBe(4);
  nodes[2].mesh.close();
  await until(() => nodes[0].mesh.peers().length === 2);
  expect(await nodes[0].io.of("/").adapter.serverCount()).toBe(3);
});
