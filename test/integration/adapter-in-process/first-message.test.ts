/** Promise: who has joined gets the very next message, whichever worker it comes from: also in the turn of the join itself. */

import type { Socket as ServerSocket } from "socket.io";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Fleet, type Node, serverSocket, type TestClient } from "./fleet.js";

type Three<T> = [T, T, T];

let fleet: Fleet;
let nodes: Three<Node>;
let clients: Three<TestClient>;
let sockets: Three<ServerSocket>;

beforeAll(async () => {
  fleet = await Fleet.open();
  nodes = fleet.nodes as Three<Node>;
  clients = (await fleet.connectAll()) as Three<TestClient>;
  sockets = nodes.map((node, i) => serverSocket(node, clients[i] as TestClient)) as Three<ServerSocket>;
  for (const socket of sockets) {
    socket.on("join", async (room, answer) => answer(await socket.join(room)));
    socket.on("say", (room, text) => socket.to(room).emit("m", text));
  }
});
afterAll(() => fleet.close());
beforeEach(async () => {
  for (const socket of sockets) for (const room of socket.rooms) if (room !== socket.id) socket.leave(room);
  await heard();
});

/** What each client got since the last call: behind a marker of every worker nothing is on its way any more. */
async function heard(): Promise<Three<unknown[]>> {
  for (const { io } of nodes) io.emit("end");
  const all = clients.map(async (client) => {
    const ends = (): number => client.events.filter(([name]) => name === "end").length;
    while (ends() < nodes.length) await new Promise((resolve) => setImmediate(resolve));
    return client.events.splice(0).flatMap(([name, text]) => (name === "m" ? [text] : []));
  });
  return Promise.all(all) as Promise<Three<unknown[]>>;
}

const numbers = (count: number): number[] => [...Array(count).keys()];

describe("in one turn, a join and a message of another worker meet in a room with", () => {
  /** Name of the room in the n-th round. */
  const names: [string, (round: number) => string][] = [
    ["an ordinary name", (round) => `room ${round}`],
    ["always the same name", () => "the room"],
    ["an empty name", () => ""],
    ["a number for a name", (round) => round as unknown as string],
    ["the text of a number", (round) => `${round}`],
    ["24 hex digits", (round) => round.toString(16).padStart(24, "0")],
    ["a name like a socket's, of the sender's slot", (round) => `0000${`${round}`.padStart(16, "_")}`],
    ["a name like a socket's, of the own slot", (round) => `0001${`${round}`.padStart(16, "_")}`],
    ["a name like a socket's, of nobody's slot", (round) => `00zz${`${round}`.padStart(16, "_")}`],
    ["a name like a socket's, of another host", (round) => `0101${`${round}`.padStart(16, "_")}`],
    ["letters of all the world", (round) => `räume 😀 \u0000 ${round}`],
    ["10 kB", (round) => `${round}`.padEnd(10_240, "x")],
  ];

  test.each(names)("%s", async (_, name) => {
    for (const round of numbers(60)) {
      sockets[1].join(name(round));
      nodes[0].io.to(name(round)).emit("m", round);
      expect(await heard()).toEqual([[], [round], []]);
      sockets[1].leave(name(round));
      // Every other time the next round begins before anybody knows of the leave.
      if (round % 2 === 0) await heard();
    }
  });

  test("the name of a socket of the sender, or of a third worker", async () => {
    for (const round of numbers(60)) {
      const owner = round % 3 === 0 ? 2 : 0;
      sockets[1].join(clients[owner].id);
      nodes[0].io.to(clients[owner].id).emit("m", round);
      const expected: Three<unknown[]> = [[], [round], []];
      expected[owner] = [round];
      expect(await heard()).toEqual(expected);
      sockets[1].leave(clients[owner].id);
      if (round % 2 === 0) await heard();
    }
  });
});

describe("in one turn", () => {
  test("a socket joins three rooms, and a message for any of them arrives once", async () => {
    for (const round of numbers(60)) {
      const rooms = [`a ${round}`, `b ${round}`, `c ${round}`];
      sockets[2].join(rooms);
      nodes[0].io.to(rooms).emit("m", `all ${round}`);
      nodes[1].io.to(rooms[round % 3] as string).emit("m", `one ${round}`);
      const [, , both] = await heard();
      expect(both.toSorted()).toEqual([`all ${round}`, `one ${round}`]);
    }
  });

  test("the last member leaves and comes back, and a message arrives", async () => {
    for (const round of numbers(60)) {
      sockets[1].join("room");
      if (round % 2 === 0) await heard();
      sockets[1].leave("room");
      sockets[1].join("room");
      nodes[2].io.to("room").emit("m", round);
      expect(await heard()).toEqual([[], [round], []]);
    }
  });

  test("the last member leaves and another worker's socket comes, and a message arrives", async () => {
    sockets[1].join("room");
    for (const round of numbers(60)) {
      const [from, to] = round % 2 === 0 ? [sockets[1], sockets[2]] : [sockets[2], sockets[1]];
      from.leave("room");
      to.join("room");
      nodes[0].io.to("room").emit("m", round);
      const [first, ...others] = await heard();
      expect(first).toEqual([]);
      expect(others[to === sockets[1] ? 0 : 1]).toEqual([round]);
    }
  });

  test("a thousand rooms are joined, and messages for the first and the last arrive", async () => {
    sockets[1].join(numbers(1000).map((n) => `many ${n}`));
    nodes[0].io.to("many 0").emit("m", "first");
    nodes[0].io.to("many 999").emit("m", "last");
    expect(await heard()).toEqual([[], ["first", "last"], []]);
  });

  test("socketsJoin by id or by room, and a message of the same worker arrives", async () => {
    sockets[1].join("group");
    sockets[2].join("group");
    await heard();
    for (const round of numbers(60)) {
      nodes[0].io.in(clients[1].id).socketsJoin(`by id ${round}`);
      nodes[0].io.to(`by id ${round}`).emit("m", `id ${round}`);
      nodes[0].io.in("group").socketsJoin([`by room ${round}`, "other"]);
      nodes[0].io.to(`by room ${round}`).emit("m", `room ${round}`);
      nodes[0].io.in("group").socketsLeave(`by room ${round}`);
      nodes[0].io.to(`by room ${round}`).emit("m", `left ${round}`);
      expect(await heard()).toEqual([[], [`id ${round}`, `room ${round}`], [`room ${round}`]]);
    }
  });

  test("a join and fetchSockets, socketsJoin, socketsLeave or disconnectSockets of another worker find each other", async () => {
    for (const round of numbers(30)) {
      sockets[1].join(`room ${round}`);
      const fetched = nodes[0].io.in(`room ${round}`).fetchSockets();
      nodes[0].io.in(`room ${round}`).socketsJoin(`further ${round}`);
      nodes[0].io.to(`further ${round}`).emit("m", round);
      expect((await fetched).map(({ id }) => id)).toEqual([clients[1].id]);
      expect(await heard()).toEqual([[], [round], []]);
      sockets[1].join(`late ${round}`);
      nodes[2].io.in(`late ${round}`).socketsLeave(`further ${round}`);
      await heard();
      expect(sockets[1].rooms.has(`further ${round}`)).toBe(false);
    }
    const guest = await fleet.connect(nodes[1]);
    serverSocket(nodes[1], guest).join("out");
    nodes[0].io.in("out").disconnectSockets();
    await heard();
    expect(nodes[1].io.of("/").sockets.has(guest.id)).toBe(false);
  });

  test("a join and a question to the clients of a room find each other", async () => {
    clients[1].socket.on("ask", (answer) => answer("here"));
    for (const round of numbers(30)) {
      sockets[1].join(`asked ${round}`);
      expect(await nodes[2].io.to(`asked ${round}`).timeout(5000).emitWithAck("ask")).toEqual(["here"]);
    }
    clients[1].socket.off("ask");
  });

  test("the first socket of a namespace connects, and a message to all of it, or to the socket, arrives", async () => {
    for (const round of numbers(30)) {
      const name = `/fresh-${round}`;
      const said = (socket: ServerSocket): void => {
        nodes[0].io.of(name).emit("all", round);
        nodes[2].io.of(name).to(socket.id).emit("one", round);
      };
      for (const { io } of nodes) io.of(name);
      nodes[1].io.of(name).on("connection", said);
      const client = await fleet.connect(nodes[1], name);
      expect((await client.received(2)).toSorted()).toEqual([
        ["all", round],
        ["one", round],
      ]);
      client.socket.disconnect();
    }
  });
});

test("a client that was told that it is in the room gets what another client sends there at once", async () => {
  for (const round of numbers(200)) {
    const room = round % 3 === 0 ? "the room" : `room ${round}`;
    await clients[1].socket.emitWithAck("join", room);
    clients[0].socket.emit("say", room, round);
    clients[2].socket.emit("say", room, round);
    await clients[1].received((round + 1) * 2);
  }
  expect(await heard()).toEqual([[], numbers(200).flatMap((n) => [n, n]), []]);
});
