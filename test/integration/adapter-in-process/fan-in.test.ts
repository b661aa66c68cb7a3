/** Promise: what a broadcast costs the workers of a fleet: questions go to those with members, answers to the asker, nothing to others. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { Fleet, type Node, serverSocket, type TestClient } from "./fleet.js";

const MEMBERS = 200;
const QUESTIONS = 60;

let fleet: Fleet;
/** Three workers with members of the room, and one whose only client is not in it. */
let nodes: [Node, Node, Node, Node];
let members: TestClient[];

beforeEach(async () => {
  fleet = await Fleet.open({}, 4);
  nodes = [...fleet.nodes] as [Node, Node, Node, Node];
  members = await Promise.all(Array.from({ length: MEMBERS }, (_, i) => fleet.connect(nodes[i % 3] as Node)));
  for (const [i, member] of members.entries()) serverSocket(nodes[i % 3] as Node, member).join("room");
  await fleet.connect(nodes[3]);
  for (const { io } of nodes) io.on("all heard?", (answer: () => void) => answer());
  await silence();
});
afterEach(() => fleet.close());

/** Every worker has heard all that the others have sent. */
async function silence(): Promise<void> {
  for (const { io } of nodes) await io.serverSideEmitWithAck("all heard?");
}

/** What each worker receives for that, of three askers and three who answer. */
const SILENCE = 6;

/** What each worker received because of this, in messages. */
async function receivedDuring(work: () => Promise<unknown>): Promise<number[]> {
  const before = nodes.map(({ mesh }) => mesh.counters.received);
  await work();
  await silence();
  return nodes.map(({ mesh }, i) => mesh.counters.received - (before[i] ?? 0) - SILENCE);
}

test("60 questions to 200 clients bring each answer once, to the asker only", async () => {
  const asked = members.map(() => 0);
  for (const [i, { socket }] of members.entries()) {
    socket.on("ask", (question: number, answer: (value: unknown) => void) => {
      asked[i] = (asked[i] ?? 0) + 1;
      answer([question, i]);
    });
  }
  const received = await receivedDuring(async () => {
    const all = await Promise.all(
      Array.from({ length: QUESTIONS }, (_, n) =>
        nodes[0].io.to("room").timeout(30_000).emitWithAck("ask", n),
      ),
    );
    for (const [n, answers] of all.entries()) {
      const sorted = answers.toSorted((left: number[], right: number[]) => (left[1] ?? 0) - (right[1] ?? 0));
      expect(sorted).toEqual(members.map((_, i) => [n, i]));
    }
  });
  expect(asked).toEqual(members.map(() => QUESTIONS));
  const elsewhere = members.filter((_, i) => i % 3 !== 0).length;
  const answers = QUESTIONS * (2 + elsewhere);
  expect(received, "a count of each of two workers, and the answers of their clients").toEqual([
    answers,
    QUESTIONS,
    QUESTIONS,
    0,
  ]);
});

test("a message to a room is received by the workers that have members, once each", async () => {
  const received = await receivedDuring(async () => {
    for (let n = 0; n < QUESTIONS; n++) nodes[1].io.to(["room", "no such room"]).emit("hello", n);
    for (const member of members) await member.received(QUESTIONS);
  });
  expect(received).toEqual([QUESTIONS, 0, QUESTIONS, 0]);
});

test("a message to one socket, or to a room of nobody, reaches its worker only, or none", async () => {
  const [, , third] = members as [TestClient, TestClient, TestClient];
  const received = await receivedDuring(async () => {
    for (let n = 0; n < QUESTIONS; n++) nodes[0].io.to(third.id).emit("hello", n);
    for (let n = 0; n < QUESTIONS; n++) nodes[0].io.to(`nobody ${n}`).emit("hello", n);
    await third.received(QUESTIONS);
  });
  expect(received).toEqual([0, 0, QUESTIONS, 0]);
});

test("who has left, or has gone, is not told", async () => {
  const last = await fleet.connect(nodes[3]);
  serverSocket(nodes[3], last).join(["lately", "room"]);
  await silence();
  serverSocket(nodes[3], last).leave("lately");
  last.socket.disconnect();
  while (nodes[3].io.of("/").sockets.size > 1) await new Promise((resolve) => setImmediate(resolve));
  await silence();
  const received = await receivedDuring(async () => {
    for (let n = 0; n < QUESTIONS; n++) nodes[0].io.to("lately").emit("hello", n);
    for (let n = 0; n < QUESTIONS; n++) nodes[0].io.to("room").emit("hello", n);
    for (const member of members) await member.received(QUESTIONS);
  });
  expect(received).toEqual([0, QUESTIONS, QUESTIONS, 0]);
});

test("a namespace that only some workers have clients in concerns no others", async () => {
  for (const { io } of nodes) io.of("/chat");
  const client = await fleet.connect(nodes[2], "/chat");
  await silence();
  const received = await receivedDuring(async () => {
    for (let n = 0; n < QUESTIONS; n++) nodes[0].io.of("/chat").emit("hello", n);
    await client.received(QUESTIONS);
  });
  expect(received).toEqual([0, 0, QUESTIONS, 0]);
});
