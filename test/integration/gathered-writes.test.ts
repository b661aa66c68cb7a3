/** Promise: packets that wait for a WebSocket leave in one write, complete and in order, compressed or not. */

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { Server, type Socket } from "socket.io";
import { type Socket as ClientSocket, io as connect } from "socket.io-client";
import { afterEach, expect, it } from "vitest";
import { textFrame } from "../../src/adapter/text-frame.js";
import { gatherWrites } from "../../src/worker/internals/gathered-writes.js";

const MESSAGES = 20;
/** Engine.IO writes the first packet at once, and keeps the others until that is out. */
const WRITES = 2;
const LARGE = 200_000;

type Writer = { write(data: string, options: object): void };

let http: HttpServer;
let io: Server;
let client: ClientSocket;

afterEach(async () => {
  client.disconnect();
  await io.close();
});

it.each([
  ["from the beginning", ["websocket"]],
  ["after an upgrade", ["polling", "websocket"]],
])("as many messages as are sent in one turn need two writes, over a WebSocket %s", async (_, transports) => {
  const socket = await meet({ transports });
  if (socket.conn.transport.name !== "websocket") await once(socket.conn, "upgrade");
  await settled(socket);
  const writes = countWrites(socket);
  const received = receive(MESSAGES);
  for (let n = 0; n < MESSAGES; n++) socket.emit("n", n, "text");
  expect((await received).map(([n]) => n)).toEqual(numbers);
  expect(writes.count).toBe(WRITES);
});

it.each([false, true])(
  "texts and bytes of all sizes stay whole and in order, compressed: %s",
  async (deflate) => {
    const socket = await meet({ transports: ["websocket"] }, deflate);
    const received = receive(MESSAGES);
    for (let n = 0; n < MESSAGES; n++) socket.emit("n", n, contentOf(n));
    expect(await received).toEqual(numbers.map((n) => [n, contentOf(n)]));
  },
);

it("frames that are ready, among others that are not, stay whole and in order", async () => {
  const socket = await meet({ transports: ["websocket"] });
  const received = receive(MESSAGES);
  for (let n = 0; n < MESSAGES; n++) {
    const content = "ä".repeat(n % 5 === 0 ? LARGE : n);
    const packet = `2${JSON.stringify(["n", n, content])}`;
    const frame = n % 4 === 3 ? {} : { wsPreEncodedFrame: [textFrame(packet)] };
    (socket.conn as unknown as Writer).write(packet, { compress: false, ...frame });
  }
  expect(await received).toEqual(numbers.map((n) => [n, "ä".repeat(n % 5 === 0 ? LARGE : n)]));
});

const numbers = Array.from({ length: MESSAGES }, (_, n) => n);

function contentOf(n: number): string | Buffer {
  const length = n % 5 === 0 ? LARGE : n;
  return n % 2 === 0 ? "ä".repeat(length) : Buffer.alloc(length, n);
}

async function meet(options: { transports: string[] }, deflate = false): Promise<Socket> {
  http = createServer();
  io = new Server(http, deflate ? { perMessageDeflate: { threshold: 0 } } : {});
  gatherWrites(io.engine);
  await once(http.listen(0, "127.0.0.1"), "listening");
  // The engine is one of its own since the server listens; whoever runs an app adopts it then.
  gatherWrites(io.engine);
  const connection = once(io, "connection");
  client = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    ...options,
    forceNew: true,
  });
  client.on("ready", (answer: () => void) => answer());
  const [socket] = (await connection) as [Socket];
  return socket;
}

/** All that the handshake had to say is out. */
async function settled(socket: Socket): Promise<void> {
  await socket.timeout(5_000).emitWithAck("ready");
  while (!socket.conn.transport.writable) await new Promise((resolve) => setImmediate(resolve));
}

function countWrites({ conn }: Socket): { count: number } {
  const writes = { count: 0 };
  const { socket: websocket } = conn.transport as unknown as { socket: { _socket: NetSocket } };
  const raw = websocket._socket;
  for (const name of ["_write", "_writev"] as const) {
    const write = (raw[name] as (...args: unknown[]) => void).bind(raw);
    Object.assign(raw, {
      [name]: (...args: unknown[]) => {
        writes.count += 1;
        write(...args);
      },
    });
  }
  return writes;
}

function receive(count: number): Promise<[number, unknown][]> {
  const received: [number, unknown][] = [];
  return new Promise((resolve) => {
    client.on("n", (n: number, content: unknown) => {
      received.push([n, content]);
      if (received.length === count) resolve(received);
    });
  });
}
