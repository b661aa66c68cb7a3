import type { Socket as ServerSocket } from "socket.io";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Fleet, type Node, serverSocket, type TestClient, until } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node, Node];
let clients: [TestClient, TestClient, TestClient];

beforeEach(async () => {
  fleet = await Fleet.open();
  nodes = fleet.nodes as [Node, Node, Node];
  clients = (await fleet.connectAll()) as [TestClient, TestClient, TestClient];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await fleet.close();
});

const answerAll = (answer: (index: number) => unknown): void => {
  for (const [index, { socket }] of clients.entries()) {
    socket.on("ask", (...args: unknown[]) => (args.at(-1) as (value: unknown) => void)(answer(index)));
  }
};

describe("a broadcast with acknowledgement", () => {
  test("gathers the answer of every client of every worker once", async () => {
    answerAll((index) => `client ${index}`);
    const second = await fleet.connect(nodes[1]);
    second.socket.on("ask", (_, done) => done("client 3"));
    const answers = await nodes[0].io.timeout(5000).emitWithAck("ask", "question");
    expect(answers.toSorted()).toEqual(["client 0", "client 1", "client 2", "client 3"]);
    expect(clients.map(({ events }) => events)).toEqual(Array(3).fill([["ask", "question"]]));
  });

  test("carries binary answers and questions", async () => {
    answerAll((index) => ({ index, bytes: Buffer.from([index, 255]) }));
    const answers: { index: number; bytes: Buffer }[] = await nodes[2].io
      .timeout(5000)
      .emitWithAck("ask", Buffer.from("binary"));
    answers.sort((left, right) => left.index - right.index);
    expect(answers).toEqual([0, 1, 2].map((index) => ({ index, bytes: Buffer.from([index, 255]) })));
    expect(clients[0].events).toEqual([["ask", Buffer.from("binary")]]);
  });

  test("sends the answers to the asker only", async () => {
    answerAll((index) => index);
    // Behind the answers to these there is no news of rooms under way.
    await Promise.all(nodes.map(({ io }) => io.fetchSockets()));
    const received = () => nodes.map(({ mesh }) => mesh.counters.received);
    const before = received();
    await nodes[0].io.timeout(5000).emitWithAck("ask");
    const [asker, second, third] = received().map((count, index) => count - (before[index] ?? 0));
    expect(asker, "a count and an answer from each of two").toBe(4);
    expect([second, third], "the question").toEqual([1, 1]);
  });

  test("is settled without waiting where nobody is there to answer", async () => {
    expect(await nodes[0].io.to("nobody").timeout(60_000).emitWithAck("ask")).toEqual([]);
  });

  test("with local, or for a local socket's id, waits for this worker only", async () => {
    answerAll((index) => index);
    expect(await nodes[1].io.local.timeout(60_000).emitWithAck("ask")).toEqual([1]);
    expect(await nodes[1].io.to(clients[1].id).timeout(60_000).emitWithAck("ask")).toEqual([1]);
  });

  test("in a namespace that other workers do not have is settled at once", async () => {
    nodes[0].io.of("/only-here");
    const client = await fleet.connect(nodes[0], "/only-here");
    client.socket.on("ask", (done) => done("here"));
    expect(await nodes[0].io.of("/only-here").timeout(60_000).emitWithAck("ask")).toEqual(["here"]);
  });

  test("fails at its time limit with the answers that came, and leaves nothing behind", async () => {
    clients[0].socket.on("ask", (done) => done("first"));
    clients[1].socket.on("ask", (done) => done("second"));
    const failure = await nodes[0].io
      .timeout(200)
      .emitWithAck("ask")
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as { responses: unknown[] }).responses.toSorted()).toEqual(["first", "second"]);
    await until(() => acksOf(serverSocket(nodes[2], clients[2])).size === 0);
  });

  test("of several workers at once is not mixed up", async () => {
    for (const { socket } of clients) socket.on("ask", (question, done) => done(question));
    const questions = Array.from({ length: 30 }, (_, i) => i);
    const all = await Promise.all(
      questions.map((i) => (nodes[i % 3] as Node).io.timeout(5000).emitWithAck("ask", i)),
    );
    expect(all).toEqual(questions.map((i) => [i, i, i]));
  });

  test("finds another number where a socket already waits for an answer with this one", async () => {
    answerAll((index) => index);
    vi.spyOn(Math, "random").mockReturnValueOnce(0.5);
    const socket = serverSocket(nodes[1], clients[1]);
    const taken: unknown[] = [];
    acksOf(socket).set(2 ** 30 + 2 ** 29, (value) => taken.push(value));
    const answers = await nodes[0].io.timeout(5000).emitWithAck("ask", Buffer.from("binary"));
    expect(answers.toSorted()).toEqual([0, 1, 2]);
    expect(taken).toEqual([]);
    expect([...acksOf(socket).keys()]).toEqual([2 ** 30 + 2 ** 29]);
  });

  test("a number is one that a client may keep in 31 bits", async () => {
    answerAll(() => "ok");
    const numbers: number[] = [];
    const onpacket = clients[1].socket.io.on("packet", (packet: { id?: number }) => {
      if (packet.id !== undefined) numbers.push(packet.id);
    });
    expect(onpacket).toBeDefined();
    for (let i = 0; i < 20; i++) await nodes[0].io.timeout(5000).emitWithAck("ask");
    expect(numbers).toHaveLength(20);
    for (const id of numbers) expect(id).toSatisfy((n: number) => n >= 2 ** 30 && n < 2 ** 31);
  });
});

describe("a remote socket", () => {
  test("answers one emit with one answer", async () => {
    answerAll((index) => `client ${index}`);
    const sockets = await nodes[0].io.fetchSockets();
    const remote = sockets.find(({ id }) => id === clients[2].id);
    expect(await remote?.timeout(5000).emitWithAck("ask", "you")).toBe("client 2");
    expect(clients.map(({ events }) => events.length)).toEqual([0, 0, 1]);
  });
});

function acksOf(socket: ServerSocket): Map<number, (value: unknown) => void> {
  return (socket as unknown as { acks: Map<number, (value: unknown) => void> }).acks;
}
