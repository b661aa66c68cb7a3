import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fleet, type Node, serverSocket, type TestClient, until } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node, Node];
let clients: [TestClient, TestClient, TestClient];

beforeEach(async () => {
  fleet = await Fleet.open();
  nodes = fleet.nodes as [Node, Node, Node];
  clients = (await fleet.connectAll()) as [TestClient, TestClient, TestClient];
});
afterEach(() => fleet.close());

/** Everything that came, up to a marker that was sent behind it on the same way. */
async function heard(from: Node = nodes[0]): Promise<unknown[][][]> {
  from.io.emit("marker");
  return Promise.all(
    clients.map(async (client) => {
      for (let count = 1; ; count++) {
        const events = await client.received(count);
        if (events[count - 1]?.[0] === "marker") return events.slice(0, count - 1);
      }
    }),
  );
}

describe("io.emit", () => {
  test("reaches the clients of all workers once, in order", async () => {
    for (let i = 0; i < 200; i++) nodes[0].io.emit("n", i);
    const expected = Array.from({ length: 200 }, (_, i) => ["n", i]);
    expect(await heard()).toEqual([expected, expected, expected]);
  });

  test("carries what a local client would get: toJSON, dates, undefined, unicode and binary", async () => {
    const event = (): unknown[] => [
      { toJSON: () => ({ plain: true }) },
      new Date(0),
      [undefined, null, Number.NaN],
      { gone: undefined, text: "schön 😀 \ud800 \u2028" },
      Buffer.from([0, 1, 254, 255]),
      { deep: [Uint8Array.from([7, 8])] },
    ];
    nodes[1].io.emit("all", ...event());
    const [remote, local, other] = await heard(nodes[1]);
    expect(local).toHaveLength(1);
    expect(local?.[0]?.slice(1, 5)).toEqual([
      { plain: true },
      "1970-01-01T00:00:00.000Z",
      [null, null, null],
      { text: "schön 😀 \ud800 \u2028" },
    ]);
    expect(remote).toEqual(local);
    expect(other).toEqual(local);
    expect(remote?.[0]?.[5]).toEqual(Buffer.from([0, 1, 254, 255]));
  });

  test("carries 8 MB of binary data", async () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, "holdfast");
    nodes[2].io.emit("large", bytes);
    const [first] = await heard(nodes[2]);
    expect(bytes.equals(first?.[0]?.[1] as Buffer)).toBe(true);
  });

  test("throws as in a single process when the packet cannot be encoded, and nobody gets it", async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(() => nodes[0].io.emit("bad", circular)).toThrow(/circular|call stack/i);
    expect(await heard()).toEqual([[], [], []]);
  });

  test("reaches clients that poll", async () => {
    const polling = await fleet.connect(nodes[2], "/", { transports: ["polling"] });
    nodes[0].io.emit("text", "a");
    nodes[0].io.emit("binary", Buffer.from("b"));
    expect(await polling.received(2)).toEqual([
      ["text", "a"],
      ["binary", Buffer.from("b")],
    ]);
  });
});

describe("rooms", () => {
  beforeEach(() => {
    serverSocket(nodes[0], clients[0]).join(["all", "even"]);
    serverSocket(nodes[1], clients[1]).join(["all"]);
    serverSocket(nodes[2], clients[2]).join(["all", "even"]);
  });

  test("choose clients on every worker, each once though it is in several", async () => {
    nodes[1].io.to("even").to("all").emit("both");
    nodes[1].io.to("even").emit("even");
    nodes[1].io.to("nobody").emit("nobody");
    expect(await heard(nodes[1])).toEqual([[["both"], ["even"]], [["both"]], [["both"], ["even"]]]);
  });

  test("except leaves out rooms and sockets of every worker", async () => {
    nodes[0].io.to("all").except("even").emit("odd");
    nodes[0].io.except(clients[1].id).emit("not the second");
    expect(await heard()).toEqual([[["not the second"]], [["odd"]], [["not the second"]]]);
  });

  test("socket.broadcast and socket.to leave out the sender only", async () => {
    const socket = serverSocket(nodes[0], clients[0]);
    socket.broadcast.emit("others");
    socket.to("even").emit("even others");
    expect(await heard()).toEqual([[], [["others"]], [["others"], ["even others"]]]);
  });

  test("a number is another room than its text, on every worker", async () => {
    serverSocket(nodes[1], clients[1]).join(7 as unknown as string);
    serverSocket(nodes[2], clients[2]).join("7");
    nodes[0].io.to(7 as unknown as string).emit("number");
    nodes[0].io.to("7").emit("text");
    expect(await heard()).toEqual([[], [["number"]], [["text"]]]);
  });

  test("the id of a socket of another worker reaches that socket", async () => {
    nodes[0].io.to(clients[2].id).emit("private");
    expect(await heard()).toEqual([[], [], [["private"]]]);
  });
});

describe("the room of a local socket's id", () => {
  const published = (): number => nodes[0].mesh.counters.published;

  test("is not published, as only that socket is in it", async () => {
    const before = published();
    nodes[0].io.to(clients[0].id).emit("private");
    expect(published()).toBe(before);
    expect(await heard()).toEqual([[["private"]], [], []]);
  });

  test("is published once a socket of another worker has joined it", async () => {
    serverSocket(nodes[1], clients[1]).join(clients[0].id);
    nodes[1].io.serverSideEmit("joined");
    await new Promise<void>((resolve) => nodes[0].io.once("joined", resolve));
    nodes[0].io.to(clients[0].id).emit("lobby");
    expect(await heard()).toEqual([[["lobby"]], [["lobby"]], []]);
  });

  test("is published at once after socketsJoin has sent others there", async () => {
    nodes[0].io.in(clients[2].id).socketsJoin(clients[0].id);
    nodes[0].io.to(clients[0].id).emit("lobby");
    expect(await heard()).toEqual([[["lobby"]], [], [["lobby"]]]);
  });

  test("is published to members that joined before a broken link was made again", async () => {
    serverSocket(nodes[1], clients[1]).join(clients[0].id);
    const late = await fleet.add();
    const host = await fleet.connect(late);
    nodes[1].io.in(clients[1].id).socketsJoin(host.id);
    nodes[1].io.serverSideEmit("joined");
    await new Promise<void>((resolve) => late.io.once("joined", resolve));
    late.io.to(host.id).emit("lobby");
    await host.received(1);
    expect(await clients[1].received(1)).toEqual([["lobby"]]);
  });
});

describe("flags", () => {
  test("local stays on this worker", async () => {
    const before = nodes[0].mesh.counters.published;
    nodes[0].io.local.emit("here");
    expect(nodes[0].mesh.counters.published).toBe(before);
    expect(await heard()).toEqual([[["here"]], [], []]);
  });

  test("volatile is dropped for a client whose transport is busy, and reaches the others", async () => {
    const busy = serverSocket(nodes[1], clients[1]);
    Object.defineProperty(busy.conn.transport, "writable", { value: false, configurable: true });
    nodes[0].io.volatile.emit("volatile");
    nodes[0].io.serverSideEmit("passed");
    await new Promise<void>((resolve) => nodes[1].io.once("passed", resolve));
    Object.defineProperty(busy.conn.transport, "writable", { value: true, writable: true });
    expect(await heard()).toEqual([[["volatile"]], [], [["volatile"]]]);
  });

  test("compress and volatile are those of the sender on every worker", async () => {
    const options: unknown[] = [];
    const remote = serverSocket(nodes[1], clients[1]);
    const write = remote.conn.write.bind(remote.conn);
    remote.conn.write = (data, given, callback) => {
      options.push({ ...given, wsPreEncodedFrame: undefined });
      return write(data, given, callback);
    };
    nodes[0].io.compress(false).volatile.emit("flags");
    await heard();
    expect(options[0]).toMatchObject({ compress: false, volatile: true });
  });
});

describe("onAnyOutgoing", () => {
  test("is called on other workers with what was sent, text and binary", async () => {
    const seen: unknown[][] = [];
    serverSocket(nodes[1], clients[1]).onAnyOutgoing((...event) => seen.push(event));
    nodes[0].io.emit("text", { a: 1 }, "b");
    nodes[0].io.emit("binary", { bytes: Buffer.from("xyz") });
    await heard();
    expect(seen.slice(0, 2)).toEqual([
      ["text", { a: 1 }, "b"],
      ["binary", { bytes: Buffer.from("xyz") }],
    ]);
  });

  test("sees more attachments than the decoder takes from a client", async () => {
    const parts = Array.from({ length: 40 }, (_, i) => Buffer.from([i]));
    const seen: unknown[][] = [];
    serverSocket(nodes[1], clients[1]).onAnyOutgoing((...event) => seen.push(event));
    nodes[0].io.to(clients[1].id).emit("parts", ...parts);
    await until(() => seen.length === 1);
    expect(seen[0]).toEqual(["parts", ...parts]);
  });
});

test("messages for a parent namespace reach its children on other workers", async () => {
  for (const { io } of nodes) io.of(/^\/dynamic-\d+$/);
  const dynamic = await fleet.connectAll("/dynamic-1");
  nodes[0].io.of("/dynamic-1").emit("hello", 1);
  for (const client of dynamic) expect(await client.received(1)).toEqual([["hello", 1]]);
});
