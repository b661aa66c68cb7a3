/** Promise: whatever was opened and closed leaves nothing behind, on the worker that had it and on those that heard of it. */

import type { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { heapInUse } from "../../helpers/heap.js";
import { PacketClient } from "../../helpers/packet-client.js";
import { Fleet, type Node, serverSocket, type TestClient, until } from "./fleet.js";

/** Bytes that the second of two equal rounds may leave, where the first left what is made only once. */
const NOISE = 2 << 20;
const BATCH = 200;

let fleet: Fleet;
let nodes: [Node, Node, Node];
let client: TestClient;

beforeEach(async () => {
  fleet = await Fleet.open({ cleanupEmptyChildNamespaces: true });
  nodes = [...fleet.nodes] as [Node, Node, Node];
  client = await fleet.connect(nodes[1]);
  for (const { io } of nodes) io.on("all heard?", (answer: () => void) => answer());
});
afterEach(() => fleet.close());

type Left = { readonly known: unknown; readonly bytes: number };

/** What the workers know and count, and what is in use, once each has heard all that the others sent. */
async function left(): Promise<Left> {
  for (const asker of [...nodes, ...nodes]) {
    const answers = asker.io.serverSideEmitWithAck("all heard?");
    expect(await answers).toHaveLength(2);
  }
  const known = nodes.map(({ adapter, io }) => [
    adapter.gauges(),
    io._nsps.size,
    listeners(io.of("/").adapter),
  ]);
  return { known: [...known, listeners(process)], bytes: await heapInUse() };
}

function listeners(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

/** The first round may leave what is made only once; not so in what is counted. */
async function leavesNothing(round: () => Promise<void>): Promise<void> {
  const before = await left();
  await round();
  const once = await left();
  await round();
  const twice = await left();
  expect(once.known).toEqual(before.known);
  expect(twice.known).toEqual(before.known);
  expect(twice.bytes - once.bytes).toBeLessThan(NOISE);
}

test("10,000 dynamic namespaces", { timeout: 120_000 }, async () => {
  for (const { io } of nodes) io.of(/^\/t-\d+$/);
  const [first, second] = [await PacketClient.open(nodes[0].url), await PacketClient.open(nodes[1].url)];
  let number = 0;
  const use = async (name: string): Promise<void> => {
    await Promise.all([first.enter(name), second.enter(name)]);
    const heard = second.hears(name, "hello");
    nodes[0].io.of(name).emit("hello");
    expect(await nodes[0].io.of(name).fetchSockets()).toHaveLength(2);
    await heard;
    first.exit(name);
    second.exit(name);
  };
  await leavesNothing(async () => {
    for (let done = 0; done < 10_000; done += BATCH) {
      await Promise.all(Array.from({ length: BATCH }, () => use(`/t-${++number}`)));
    }
    await until(() => nodes.every(({ io }) => io._nsps.size === 1));
  });
  first.close();
  second.close();
});

test("100,000 rooms, joined and left in every way", { timeout: 120_000 }, async () => {
  const socket = serverSocket(nodes[1], client);
  let number = 0;
  const rooms = (): string[] => Array.from({ length: 1000 }, () => `room ${++number}`);
  const round = async (): Promise<void> => {
    for (let done = 0; done < 100_000; done += 4000) {
      const [own, others, given, taken] = [rooms(), rooms(), rooms(), rooms()];
      const guest = await fleet.connect(nodes[2]);
      socket.join(own);
      serverSocket(nodes[2], guest).join(others);
      nodes[0].io.in(client.id).socketsJoin(given);
      nodes[0].io.in(client.id).socketsJoin(taken);
      for (const [i, room] of own.entries()) {
        if (i % 50 === 0) nodes[0].io.to([room, others[i] as string]).emit("hello");
      }
      expect(await nodes[0].io.in(taken[999] as string).fetchSockets()).toHaveLength(1);
      for (const room of [...own, ...given]) socket.leave(room);
      for (const room of taken) nodes[0].io.in(client.id).socketsLeave(room);
      guest.socket.disconnect();
      client.events.length = 0;
    }
    await until(() => socket.rooms.size === 1 && nodes[2].io.of("/").sockets.size === 0);
  };
  await leavesNothing(round);
});

test("a worker that leaves: its rooms, and what it was asked for", async () => {
  const before = await left();
  const leaving = await fleet.add();
  const guest = await fleet.connect(leaving);
  serverSocket(leaving, guest).join(Array.from({ length: 5000 }, (_, i) => `room ${i}`));
  await until(() => nodes.every(({ adapter }) => adapter.gauges().foreignRooms > 5000));
  nodes[0].io.in(guest.id).socketsJoin("asked for");
  const fetched = nodes[0].io.fetchSockets();
  expect(nodes[0].adapter.gauges()).toMatchObject({ pendingJoins: 1, questions: 1 });
  await fleet.remove(leaving, "mesh");
  await fetched;
  expect((await left()).known).toEqual(before.known);
});
