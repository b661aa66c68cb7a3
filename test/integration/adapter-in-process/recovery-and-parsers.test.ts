import { EventEmitter } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { Fleet, serverSocket, type TestClient } from "./fleet.js";

let fleet: Fleet;
afterEach(() => fleet.close());

describe("with connection state recovery switched on", () => {
  test("the arguments of events are exactly what was emitted, on every worker", async () => {
    fleet = await Fleet.open({ connectionStateRecovery: {} });
    const clients = await fleet.connectAll();
    fleet.nodes[0]?.io.emit("event", "x");
    fleet.nodes[1]?.io.to(clients.map(({ id }) => id)).emit("rooms", { a: 1 });
    for (const client of clients) {
      expect((await client.received(2)).toSorted()).toEqual([
        ["event", "x"],
        ["rooms", { a: 1 }],
      ]);
    }
  });

  test("socket.emit does not leave its worker, and its answer comes back", async () => {
    fleet = await Fleet.open({ connectionStateRecovery: {} });
    const [client] = (await fleet.connectAll()) as [TestClient];
    const [node] = fleet.nodes;
    if (node === undefined) return expect.unreachable();
    client.socket.on("ask", (done) => done("answer"));
    const before = node.mesh.counters.published;
    serverSocket(node, client).emit("private", "y");
    expect(await serverSocket(node, client).timeout(5000).emitWithAck("ask")).toBe("answer");
    expect(node.mesh.counters.published).toBe(before);
    expect(client.events).toEqual([["private", "y"], ["ask"]]);
  });

  test("a client that comes back gets a fresh session", async () => {
    fleet = await Fleet.open({ connectionStateRecovery: {} });
    const [client] = (await fleet.connectAll()) as [TestClient];
    fleet.nodes[0]?.io.emit("event", "this string is taken for an offset");
    await client.received(1);
    const disconnected = new Promise<void>((resolve) => client.socket.once("disconnect", () => resolve()));
    client.socket.io.engine.close();
    await disconnected;
    client.socket.connect();
    await new Promise<void>((resolve) => client.socket.once("connect", resolve));
    expect(client.socket.recovered).toBe(false);
    expect(client.socket.id).not.toBe(client.id);
  });
});

describe("a parser of the app's own", () => {
  test("that makes one binary packet of each is used on every worker", async () => {
    fleet = await Fleet.open({ parser: binaryParser });
    const clients = await fleet.connectAll("/", { parser: binaryParser });
    const seen: unknown[][] = [];
    serverSocket(fleet.nodes[1] as never, clients[1] as TestClient).onAnyOutgoing((...event) =>
      seen.push(event),
    );
    fleet.nodes[0]?.io.emit("event", { n: 1 }, "ü");
    for (const client of clients) expect(await client.received(1)).toEqual([["event", { n: 1 }, "ü"]]);
    expect(seen).toEqual([["event", { n: 1 }, "ü"]]);
    for (const { socket } of clients) socket.on("ask", (done) => done("ok"));
    expect(await fleet.nodes[2]?.io.timeout(5000).emitWithAck("ask")).toEqual(["ok", "ok", "ok"]);
  });

  test("that can encode only is used all the same, without a crash where a listener wants the content", async () => {
    fleet = await Fleet.open({ parser: { ...binaryParser, Decoder: DecodesClientsOnly } });
    const clients = await fleet.connectAll("/", { parser: binaryParser });
    const seen: unknown[] = [];
    serverSocket(fleet.nodes[1] as never, clients[1] as TestClient).onAnyOutgoing((...event) =>
      seen.push(event),
    );
    fleet.nodes[0]?.io.emit("event", 1);
    for (const client of clients) expect(await client.received(1)).toEqual([["event", 1]]);
    expect(seen).toEqual([]);
    expect(fleet.nodes[1]?.adapter.counters.malformed).toBe(1);
  });
});

type Packet = { type: number; data: unknown };

class Encoder {
  encode(packet: Packet): Uint8Array[] {
    return [new TextEncoder().encode(`B${JSON.stringify(packet)}`)];
  }
}

/** Node's emitter lacks the reserved-name guards of the original; nothing here needs them. */
class Decoder extends EventEmitter {
  add(data: Uint8Array | ArrayBuffer): void {
    const text = new TextDecoder().decode(data);
    this.emit("decoded", JSON.parse(text.slice(1)));
  }
  destroy(): void {}
}

class DecodesClientsOnly extends Decoder {
  override add(data: Uint8Array): void {
    if (new TextDecoder().decode(data).includes('"event"')) throw new Error("not a packet of a client");
    super.add(data);
  }
}

const binaryParser = { protocol: 5, Encoder, Decoder };
