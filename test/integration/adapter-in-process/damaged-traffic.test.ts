/** Everything that adapters say to each other, damaged on the way: the worker that gets it goes on. */

import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mutated } from "../../helpers/mutated-bytes.js";
import { Fleet, type Node, type TestClient } from "./fleet.js";

const CHANNEL = "socket.io";

let fleet: Fleet;
let sender: Node;
let receiver: Node;
let clients: [TestClient, TestClient];

beforeEach(async () => {
  fleet = await Fleet.open({}, 2);
  [sender, receiver] = fleet.nodes as [Node, Node];
  clients = [await fleet.connect(sender), await fleet.connect(receiver)];
});
afterEach(() => fleet.close());

/** What this worker says on the bus from now on. */
function overhear({ mesh }: Node): Buffer[] {
  const messages: Buffer[] = [];
  const publish = mesh.publish.bind(mesh);
  const send = mesh.send.bind(mesh);
  mesh.publish = (channel, payload, volatile) => {
    messages.push(Buffer.from(payload));
    publish(channel, payload, volatile);
  };
  mesh.send = (to, channel, payload, volatile) => {
    messages.push(Buffer.from(payload));
    send(to, channel, payload, volatile);
  };
  return messages;
}

/** One of each thing that a server can ask of the others. */
async function converse({ io }: Node): Promise<void> {
  io.emit("text", { some: ["json"] });
  io.emit("binary", Buffer.from([1, 2, 3]));
  io.socketsJoin(["a room", "another"]);
  io.to("a room").except("nobody").emit("to a room");
  await io.timeout(2000).emitWithAck("ask");
  await io.in("a room").fetchSockets();
  io.socketsLeave("another");
  io.serverSideEmit("word", new Map([["key", 1n]]));
  await io.serverSideEmitWithAck("question");
  io.of("/other").emit("for a namespace");
  io.in("nobody").disconnectSockets();
}

/** What was damaged may be an event without an acknowledgement. */
function answerWith(value: string): (answer: unknown) => void {
  return (answer) => {
    if (typeof answer === "function") answer(value);
  };
}

test("a worker that gets damaged messages of every kind serves on, and nothing is thrown", async () => {
  const said = fleet.nodes.map(overhear);
  for (const { io } of fleet.nodes) io.on("question", answerWith("server"));
  for (const { socket } of clients) socket.on("ask", answerWith("client"));
  await converse(sender);
  await converse(receiver);
  const kinds = new Set(said.flat().map((message) => message[0]));
  expect(kinds.size, "kinds of messages").toBeGreaterThan(8);

  const damaged = fc.sample(mutated(fc.constantFrom(...said.flat())), { numRuns: 5000, seed: 11 });
  for (const message of damaged) sender.mesh.send([receiver.mesh.self], CHANNEL, message);
  const { received } = receiver.mesh.counters;
  sender.io.serverSideEmit("settled");
  await new Promise<void>((resolve) => receiver.io.once("settled", resolve));

  expect(receiver.mesh.counters.received).toBe(received + damaged.length + 1);
  expect(receiver.adapter.counters.malformed).toBeGreaterThan(500);
  const fresh = await fleet.connect(receiver);
  sender.io.emit("hello");
  expect(await fresh.received(1)).toEqual([["hello"]]);
  expect(await receiver.io.local.fetchSockets()).not.toHaveLength(0);
});
