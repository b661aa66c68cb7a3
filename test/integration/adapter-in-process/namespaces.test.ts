import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAdapter } from "../../../src/adapter/create-adapter.js";
import { Fleet, type Node, until } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node, Node];

beforeEach(async () => {
  fleet = await Fleet.open({ cleanupEmptyChildNamespaces: true });
  nodes = fleet.nodes as [Node, Node, Node];
});
afterEach(() => fleet.close());

describe("a dynamic namespace", () => {
  beforeEach(() => {
    for (const { io } of nodes) io.of(/^\/dynamic-\d+$/);
  });

  test("joins its clients of all workers, and no other namespace", async () => {
    const [first, second, other] = await Promise.all([
      fleet.connect(nodes[0], "/dynamic-1"),
      fleet.connect(nodes[1], "/dynamic-1"),
      fleet.connect(nodes[2], "/dynamic-2"),
    ]);
    nodes[0].io.of("/dynamic-1").emit("one");
    nodes[2].io.of("/dynamic-2").emit("two");
    expect(await second.received(1)).toEqual([["one"]]);
    expect(await first.received(1)).toEqual([["one"]]);
    expect(await other.received(1)).toEqual([["two"]]);
  });

  test("that only some workers have is fetched without waiting for the others", async () => {
    const clients = [
      await fleet.connect(nodes[0], "/dynamic-1"),
      await fleet.connect(nodes[1], "/dynamic-1"),
    ];
    // The time limit is longer than the test's: it would be noticed.
    const sockets = await nodes[0].io.of("/dynamic-1").timeout(600_000).fetchSockets();
    expect(sockets.map(({ id }) => id).toSorted()).toEqual(clients.map(({ id }) => id).toSorted());
  });

  test("may come again after its last client left", async () => {
    const first = await fleet.connect(nodes[1], "/dynamic-1");
    first.socket.disconnect();
    await until(() => !nodes[1].io._nsps.has("/dynamic-1"));
    const second = await fleet.connect(nodes[1], "/dynamic-1");
    const asker = await fleet.connect(nodes[0], "/dynamic-1");
    nodes[0].io.of("/dynamic-1").emit("again");
    expect(await second.received(1)).toEqual([["again"]]);
    expect(await asker.received(1)).toEqual([["again"]]);
  });

  test("leaves nothing behind: 1,000 of them made and closed", async () => {
    const client = await fleet.connect(nodes[1], "/dynamic-0");
    const before = namespacesHeard(nodes[1]);
    for (let i = 1; i <= 1000; i++) {
      const socket = client.socket.io.socket(`/dynamic-${i}`);
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      nodes[1].io.of(`/dynamic-${i}`).emit("hello");
      await new Promise<void>((resolve) => socket.once("hello", resolve));
      socket.disconnect();
    }
    await until(() => nodes[1].io._nsps.size === 2);
    expect(namespacesHeard(nodes[1])).toBe(before);
    expect(nodes[1].mesh.counters.published).toBeGreaterThanOrEqual(1000);
    expect(await nodes[0].io.of("/").fetchSockets()).toEqual([]);
  });
});

describe("several Socket.IO servers in one process", () => {
  test("do not hear each other, and each is joined with its like on other workers", async () => {
    const others = await Promise.all(
      nodes.map(async ({ mesh, http }) => {
        const { Server } = await import("socket.io");
        return new Server(http, { path: "/admin/", adapter: createAdapter(mesh), destroyUpgrade: false });
      }),
    );
    const chat = await fleet.connectAll();
    const admin = await Promise.all(nodes.map((node) => fleet.connect(node, "/", { path: "/admin/" })));
    nodes[0].io.emit("chat");
    others[1]?.emit("admin");
    for (const client of chat) expect(await client.received(1)).toEqual([["chat"]]);
    for (const client of admin) expect(await client.received(1)).toEqual([["admin"]]);
    expect(await others[0]?.fetchSockets()).toHaveLength(3);
    expect(await nodes[0].io.fetchSockets()).toHaveLength(3);
    for (const io of others) await io.of("/").adapter.close();
  });
});

test("a server that was closed is not heard any more, and asks nobody", async () => {
  await nodes[2].io.close();
  expect(namespacesHeard(nodes[2])).toBe(0);
  expect(await nodes[2].io.of("/").adapter.serverCount()).toBe(1);
  expect(await nodes[2].io.fetchSockets()).toEqual([]);
  expect(await nodes[0].io.fetchSockets()).toEqual([]);
});

test("an adapter that is set a second time takes the place of the first", async () => {
  nodes[1].io.adapter(nodes[1].adapter as never);
  expect(namespacesHeard(nodes[1])).toBe(1);
  const client = await fleet.connect(nodes[1]);
  nodes[0].io.emit("hello");
  expect(await client.received(1)).toEqual([["hello"]]);
});

function namespacesHeard({ adapter }: Node): number {
  return adapter.gauges().namespaces;
}
