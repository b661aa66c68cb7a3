/** Who is sent what: real servers and clients on a real mesh; what did not reach a worker is seen in its counters. */

import { createRequire } from "node:module";
import type { io } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownerOf } from "../../../src/routing/sid.js";
import { Fleet, type Node, serverSocket, type TestClient } from "./fleet.js";

// The client of Socket.IO 2, which has no types of its own.
const connectSocket = createRequire(import.meta.url)("socket.io-client-2") as typeof io;

let fleet: Fleet;
let nodes: [Node, Node, Node, Node];
let clients: [TestClient, TestClient, TestClient, TestClient];

beforeEach(async () => {
  fleet = await Fleet.open({ allowEIO3: true }, 4);
  nodes = fleet.nodes as typeof nodes;
  clients = (await fleet.connectAll()) as typeof clients;
});
afterEach(() => fleet.close());

/** Behind the answers to these there is no news of rooms under way. */
async function settled(): Promise<void> {
  await Promise.all(nodes.map(({ io }) => io.fetchSockets()));
}

/** Messages that reach each worker because of `act`, which ends when its effect is seen. */
async function received(act: () => Promise<unknown>): Promise<number[]> {
  await settled();
  const before = nodes.map(({ mesh }) => mesh.counters.received);
  await act();
  return nodes.map(({ mesh }, index) => mesh.counters.received - (before[index] ?? 0));
}

function join(index: number, room: string): void {
  serverSocket(nodes[index] as Node, clients[index] as TestClient).join(room);
}

describe("a message", () => {
  test("to a room reaches the workers of its members and no other", async () => {
    join(1, "pair");
    join(3, "pair");
    const counts = await received(async () => {
      for (let i = 0; i < 10; i++) nodes[1].io.to("pair").emit("n", i);
      await clients[3].received(10);
    });
    expect(counts).toEqual([0, 0, 0, 10]);
    expect(await clients[1].received(10)).toEqual(clients[3].events);
  });

  test("to a socket's id reaches the worker of that socket and no other", async () => {
    const counts = await received(async () => {
      for (let i = 0; i < 10; i++) nodes[0].io.to(clients[2].id).emit("private", i);
      await clients[2].received(10);
    });
    expect(counts).toEqual([0, 0, 10, 0]);
  });

  test("to a socket of protocol 3 reaches its worker and no other", async () => {
    const { port } = new URL(nodes[2].url);
    const old = connectSocket(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false });
    const event = new Promise<unknown>((resolve) => old.on("private", resolve));
    await new Promise<void>((resolve) => old.on("connect", () => resolve()));
    try {
      const counts = await received(async () => {
        nodes[0].io.to(old.id as string).emit("private", 5);
        expect(await event).toBe(5);
      });
      expect(counts.filter((_, index) => index !== 2)).toEqual([0, 0, 0]);
    } finally {
      old.disconnect();
    }
  });

  test("to a namespace reaches the workers that have a socket in it", async () => {
    for (const { io } of nodes) io.of("/news");
    const reader = await fleet.connect(nodes[1], "/news");
    const counts = await received(async () => {
      nodes[0].io.of("/news").emit("headline");
      await reader.received(1);
    });
    expect(counts).toEqual([0, 1, 0, 0]);
  });

  test("reaches a socket that another worker has just made join, before that has said so", async () => {
    nodes[0].io.in(clients[3].id).socketsJoin("fresh");
    nodes[0].io.to("fresh").emit("welcome");
    expect(await clients[3].received(1)).toEqual([["welcome"]]);
    const counts = await received(async () => {
      nodes[1].io.to("fresh").emit("hello");
      await clients[3].received(2);
    });
    expect(counts).toEqual([0, 0, 0, 1]);
  });

  test("reaches nobody of a room that all have left", async () => {
    join(2, "room");
    serverSocket(nodes[2], clients[2]).leave("room");
    join(3, "room");
    clients[3].socket.disconnect();
    await nodes[3].io.in(clients[3].id).disconnectSockets();
    const counts = await received(async () => {
      nodes[0].io.to("room").emit("nobody");
      nodes[0].io.to(clients[1].id).emit("marker");
      await clients[1].received(1);
    });
    expect(counts).toEqual([0, 1, 0, 0]);
  });
});

describe("a question", () => {
  test("about a room is put to the workers of its members", async () => {
    join(2, "room");
    clients[2].socket.on("ask", (done: (answer: string) => void) => done("two"));
    let answers: unknown;
    const counts = await received(async () => {
      answers = [
        (await nodes[0].io.in("room").fetchSockets()).map(({ id }) => id),
        await nodes[0].io.to("room").timeout(5000).emitWithAck("ask"),
        await nodes[0].io.in("nobody").fetchSockets(),
      ];
    });
    expect(answers).toEqual([[clients[2].id], ["two"], []]);
    // Asked twice; answered with sockets, a count, and an ack.
    expect(counts).toEqual([3, 0, 2, 0]);
  });
});

test("socket ids have twenty characters, name their worker, and differ", async () => {
  const more = await Promise.all(Array.from({ length: 50 }, () => fleet.connect(nodes[1])));
  for (const [slot, client] of clients.entries()) {
    expect(client.id).toMatch(/^[\w-]{20}$/);
    expect(ownerOf(client.id)).toEqual({ host: 0, slot });
    expect(serverSocket(nodes[slot] as Node, client).rooms).toEqual(new Set([client.id]));
  }
  expect(new Set([...clients, ...more].map(({ id }) => id)).size).toBe(54);
});
