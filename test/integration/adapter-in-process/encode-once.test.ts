/** Promise: a broadcast is encoded where it is sent and nowhere else, and is the same for every kind of client of every worker. */

import { afterEach, describe, expect, test } from "vitest";
import { CLIENT_V2 } from "../../helpers/clients/official-clients.js";
import { countingParser } from "./counting-parser.js";
import { Fleet, type Node, serverSocket, type TestClient, until } from "./fleet.js";

let fleet: Fleet;
afterEach(() => fleet.close());

describe("with a parser that counts", () => {
  const BYTES = [Buffer.from([1, 2]), Buffer.from([3]), Buffer.alloc(7_000, 4)];

  /** Three workers with a parser each, and two clients on each of them. */
  async function open(): Promise<{ nodes: Node[]; clients: TestClient[]; counts: () => unknown }> {
    fleet = new Fleet();
    const parsers = [countingParser(), countingParser(), countingParser()];
    for (const { parser } of parsers) await fleet.add({ parser });
    const ways = ["websocket", "polling"];
    const clients = await Promise.all(
      fleet.nodes.flatMap((node) =>
        ways.map((way) => fleet.connect(node, "/", { transports: [way], parser: countingParser().parser })),
      ),
    );
    const before = parsers.map(({ counts }) => ({ ...counts }));
    const counts = (): unknown =>
      parsers.map(({ counts: now }, i) => [
        now.encoded - (before[i]?.encoded ?? 0),
        now.decoded - (before[i]?.decoded ?? 0),
      ]);
    return { nodes: fleet.nodes, clients, counts };
  }

  test("a broadcast of text and of several buffers is encoded once, and decoded by no worker", async () => {
    const { nodes, clients, counts } = await open();
    nodes[1]?.io.emit("text", { n: 1 }, "ü");
    nodes[1]?.io.compress(false).emit("bytes", BYTES[0], { deep: BYTES.slice(1) });
    for (const client of clients) {
      expect(await client.received(2)).toEqual([
        ["text", { n: 1 }, "ü"],
        ["bytes", BYTES[0], { deep: BYTES.slice(1) }],
      ]);
    }
    expect(counts()).toEqual([
      [0, 0],
      [2, 0],
      [0, 0],
    ]);
  });

  test("a broadcast with answers is encoded once; each answer is decoded where its client is", async () => {
    const { nodes, clients, counts } = await open();
    for (const { socket } of clients) socket.on("ask", (bytes, answer) => answer(bytes.length));
    expect(await nodes[0]?.io.timeout(5000).emitWithAck("ask", BYTES[2])).toEqual(Array(6).fill(7_000));
    expect(counts()).toEqual([
      [1, 2],
      [0, 2],
      [0, 2],
    ]);
  });

  test("a worker whose app listens to what goes out decodes once, and encodes nothing", async () => {
    const { nodes, clients, counts } = await open();
    const seen: unknown[][] = [];
    for (const socket of nodes[2]?.io.sockets.sockets.values() ?? [])
      socket.onAnyOutgoing((...event) => seen.push(event));
    nodes[0]?.io.emit("bytes", ...BYTES);
    for (const client of clients) await client.received(1);
    expect(seen).toEqual(Array(2).fill(["bytes", ...BYTES]));
    expect(counts()).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
  });
});

describe("with compression of messages", () => {
  const LETTERS = "holdfast ".repeat(5_000);
  const BYTES = Buffer.alloc(40_000, "holdfast");

  test("a WebSocket client that takes it gets less over the wire, and the same as one that does not", async () => {
    fleet = await Fleet.open({ perMessageDeflate: { threshold: 0 } }, 2);
    const [first, second] = fleet.nodes as [Node, Node];
    const clients = [
      await fleet.connect(second),
      await fleet.connect(second, "/", { perMessageDeflate: false } as never),
    ] as const;
    const written = (client: TestClient): number =>
      serverSocket(second, client).conn.request.socket.bytesWritten;
    const before = clients.map(written);
    first.io.emit("both", LETTERS, BYTES);
    for (const client of clients) expect(await client.received(1)).toEqual([["both", LETTERS, BYTES]]);
    const [deflated, plain] = clients.map((client, i) => written(client) - (before[i] ?? 0));
    const size = LETTERS.length + BYTES.length;
    expect(deflated).toBeLessThan(size / 10);
    expect(plain).toBeGreaterThan(size);
  });

  test("a polling client gets it compressed, unless the sender said compress(false)", async () => {
    fleet = await Fleet.open({}, 2);
    const [first, second] = fleet.nodes as [Node, Node];
    const poll = await openPolling(second);
    const encodings: (string | null)[] = [];
    for (const compress of [true, false]) {
      first.io.compress(compress).emit("letters", LETTERS);
      const response = await poll();
      expect(await response.text()).toBe(`42${JSON.stringify(["letters", LETTERS])}`);
      encodings.push(response.headers.get("content-encoding"));
    }
    expect(encodings).toEqual(["gzip", null]);
  });
});

test("clients of the protocol before get text and bytes from another worker, by both transports", async () => {
  fleet = await Fleet.open({ allowEIO3: true }, 2);
  const [first, second] = fleet.nodes as [Node, Node];
  for (const transport of ["websocket", "polling"] as const) {
    const client = CLIENT_V2.connect(second.url, { transports: [transport] });
    const heard: unknown[][] = [];
    client.on("both", (...args: unknown[]) => heard.push(args));
    await new Promise<void>((resolve) => client.on("connect", () => resolve()));
    first.io.emit("both", { text: "ü" }, Buffer.from([0, 255]), [Buffer.from([7])]);
    first.io.to(client.id).emit("both", "by id");
    first.io.emit("both", "text only");
    await until(() => heard.length === 3);
    expect(heard).toEqual([
      [{ text: "ü" }, Buffer.from([0, 255]), [Buffer.from([7])]],
      ["by id"],
      ["text only"],
    ]);
    client.disconnect();
    await until(() => second.io.engine.clientsCount === 0);
  }
});

test("volatile messages of another worker are kept from a client that cannot take them now, all others reach it", async () => {
  fleet = await Fleet.open({}, 2);
  const [first, second] = fleet.nodes as [Node, Node];
  const quick = await fleet.connect(second);
  const poll = await openPolling(second);
  // Between two polls nothing can be written.
  first.io.volatile.emit("volatile");
  first.io.emit("lasting");
  expect(await quick.received(2)).toEqual([["volatile"], ["lasting"]]);
  expect(await (await poll()).text()).toBe('42["lasting"]');
});

/** A client that polls when it is told to. @returns what polls once */
async function openPolling(node: Node): Promise<() => Promise<Response>> {
  const url = `${node.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string };
  const poll = (): Promise<Response> => fetch(`${url}&sid=${sid}`);
  await fetch(`${url}&sid=${sid}`, { method: "POST", body: "40" });
  expect(await (await poll()).text()).toMatch(/^40/);
  return poll;
}
