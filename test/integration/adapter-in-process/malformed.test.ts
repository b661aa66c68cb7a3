import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeMessage, MessageKind } from "../../../src/adapter/wire.js";
import { Fleet, type Node, type TestClient } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node];
let client: TestClient;

beforeEach(async () => {
  fleet = await Fleet.open({}, 2);
  nodes = fleet.nodes as [Node, Node];
  client = await fleet.connect(nodes[1]);
});
afterEach(() => fleet.close());

/** Everything that was sent to the second worker has been dealt with. */
async function settled(): Promise<void> {
  const { received } = nodes[1].mesh.counters;
  nodes[0].io.serverSideEmit("settled");
  await new Promise<void>((resolve) => nodes[1].io.once("settled", resolve));
  expect(nodes[1].mesh.counters.received).toBeGreaterThan(received);
}

test("messages that make no sense are counted, and harm nothing", async () => {
  const address = "/";
  const senseless = [
    Buffer.alloc(0),
    Buffer.from("nonsense"),
    encodeMessage({ kind: MessageKind.BROADCAST, address }),
    encodeMessage({ kind: MessageKind.BROADCAST, address, options: {} }),
    encodeMessage({ kind: MessageKind.BROADCAST, address, options: { r: 5 }, body: [Buffer.from("0")] }),
    encodeMessage({
      kind: MessageKind.BROADCAST,
      address,
      options: {},
      body: [Buffer.from([0, 0, 0, 0, 9])],
    }),
    encodeMessage({ kind: MessageKind.BROADCAST, address, request: 1, options: {}, body: [packet("2[1]")] }),
    encodeMessage({ kind: MessageKind.JOIN, address, options: { j: "not a list" } }),
    encodeMessage({ kind: MessageKind.LEAVE, address, options: [] }),
    encodeMessage({ kind: MessageKind.FETCH, address, request: 2, options: { f: null } }),
    encodeMessage({ kind: MessageKind.EMIT, address, body: [Buffer.from("no value")] }),
    encodeMessage({ kind: MessageKind.ROOMS, address, options: { c: {} } }),
    encodeMessage({ kind: MessageKind.ROOMS, address, options: { c: ["room"] } }),
    encodeMessage({ kind: MessageKind.ROSTER, options: { n: "room" } }),
    encodeMessage({ kind: MessageKind.ROSTER, options: { n: [[5, []]] } }),
    encodeMessage({ kind: MessageKind.ROSTER, options: { n: [] }, body: [Buffer.from("odd")] }),
    encodeMessage({ kind: MessageKind.ORDER, address, options: {} }),
    encodeMessage({ kind: MessageKind.ORDER, address, options: { k: "broadcast" }, body: [packet("2[1]")] }),
    encodeMessage({ kind: MessageKind.ORDER, address, options: { k: "join", j: 5 } }),
    encodeMessage({ kind: MessageKind.HERE, options: { h: [[1]] } }),
    encodeMessage({ kind: MessageKind.HERE, options: { h: "0" } }),
    encodeMessage({ kind: MessageKind.WIDE }),
    encodeMessage({ kind: MessageKind.TELL }),
    encodeMessage({ kind: 31 as never, address, options: {} }),
  ];
  for (const message of senseless) nodes[0].mesh.publish("socket.io", message);
  await settled();
  expect(nodes[1].adapter.counters.malformed).toBe(senseless.length);
  nodes[0].io.emit("hello");
  expect(await client.received(1)).toEqual([["hello"]]);
});

test("answers that nobody asked for are dropped", async () => {
  for (const kind of [MessageKind.ABSENT, MessageKind.COUNT, MessageKind.ACK, MessageKind.SOCKETS, 99]) {
    nodes[0].mesh.publish("socket.io", encodeMessage({ kind: kind as never, request: 1 }));
  }
  await settled();
  expect(nodes[1].adapter.counters.malformed).toBe(0);
});

test("an answer that makes no sense is counted, and its worker is not waited for", async () => {
  // Before the second worker has even read the question, the senseless answer is on its way.
  const fetched = nodes[0].io.fetchSockets();
  const body = [Buffer.from("no value")];
  const answer = encodeMessage({ kind: MessageKind.SOCKETS, request: 1, body });
  nodes[1].mesh.send([nodes[0].mesh.self], "socket.io", answer);
  expect(await fetched).toEqual([]);
  expect(nodes[0].adapter.counters.malformed).toBe(1);
});

test("any bytes at all are taken without a crash", async () => {
  const messages = fc.sample(
    fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .record({
          kind: fc.integer({ min: 0, max: 24 }),
          request: fc.constantFrom(0, 1, 2),
          options: fc.option(fc.object(), { nil: undefined }),
          body: fc.uint8Array({ maxLength: 64 }),
        })
        .map(({ kind, request, options, body }) =>
          encodeMessage({
            kind: kind as never,
            request,
            address: "/",
            options,
            body: [Buffer.from(body)],
          } as never),
        ),
    ),
    { numRuns: 3000, seed: 7 },
  );
  for (const message of messages) nodes[0].mesh.publish("socket.io", Buffer.from(message));
  await settled();
  expect(nodes[1].adapter.counters.malformed).toBeGreaterThan(1000);
  const fresh = await fleet.connect(nodes[1]);
  nodes[0].io.emit("hello");
  expect(await fresh.received(1)).toEqual([["hello"]]);
});

function packet(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}
