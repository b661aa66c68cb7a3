/** The link over which sessions move: frames and descriptors, in order, over a real Unix socket. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HandoffFrame, HandoffLink } from "../../src/worker/handoff/handoff-link.js";
import { type RawHandle, rawHandleOf, socketFromHandle } from "../../src/worker/internals/handles.js";
import { temporaryDirectory } from "../helpers/temporary.js";

type Said = { readonly type: number; readonly stream: number; readonly value: unknown };
type End = { link: HandoffLink; said: Said[]; handles: Map<number, RawHandle>; closed: string[] };

let folder: ReturnType<typeof temporaryDirectory>;
let server: Server;
let left: End;
let right: End;
const sockets: Socket[] = [];

beforeEach(async () => {
  folder = temporaryDirectory();
  server = createServer({ pauseOnConnect: true }).listen(join(folder.path, "link.sock"));
  await once(server, "listening");
  const dialled = connect(join(folder.path, "link.sock"));
  const [[accepted]] = await Promise.all([once(server, "connection"), once(dialled, "connect")]);
  left = end(dialled);
  right = end(accepted as Socket);
});
afterEach(() => {
  for (const { link } of [left, right]) link.close("over");
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  folder.remove();
});

function end(connection: Socket): End {
  const said: Said[] = [];
  const handles = new Map<number, RawHandle>();
  const closed: string[] = [];
  const link = new HandoffLink(connection, Buffer.alloc(0), {
    frame: (type, stream, value) => said.push({ type, stream, value }),
    descriptor: (stream, handle) => handles.set(stream, handle),
    close: (reason) => closed.push(reason),
  });
  return { link, said, handles, closed };
}

/** Connections of clients to a server of this process: what the clients say, and their descriptors. */
async function connections(count: number): Promise<{ clients: Socket[]; handles: RawHandle[] }> {
  const tcp = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const clients: Socket[] = [];
  const handles: RawHandle[] = [];
  for (let index = 0; index < count; index++) {
    const client = connect(port, "127.0.0.1");
    const [accepted] = (await once(tcp, "connection")) as [Socket];
    sockets.push(client, accepted);
    clients.push(client);
    handles.push(rawHandleOf(accepted) as RawHandle);
  }
  tcp.close();
  return { clients, handles };
}

test("values and descriptors arrive in order, each descriptor with its own number, while both sides talk", async () => {
  const { clients, handles } = await connections(200);
  for (const [number, handle] of handles.entries()) {
    const value = { number, bytes: Buffer.alloc(number * 50, number) };
    left.link.send(HandoffFrame.SESSION, number, value, handle);
    right.link.send(HandoffFrame.LATE, number, "back");
  }
  left.link.send(HandoffFrame.BATCH, 0);
  await expect.poll(() => right.said.at(-1)?.type).toBe(HandoffFrame.BATCH);
  await expect.poll(() => left.said.length).toBe(200);
  const numbers = right.said.slice(0, -1).map(({ stream }) => stream);
  expect(numbers).toEqual(handles.map((_, number) => number));
  expect(right.said[150]?.value).toEqual({ number: 150, bytes: Buffer.alloc(150 * 50, 150) });
  expect([...right.handles.keys()]).toEqual(numbers);
  for (const [number, client] of clients.entries()) {
    const moved = socketFromHandle(right.handles.get(number) as RawHandle);
    sockets.push(moved);
    moved.write(`you are ${number}`);
    const [heard] = (await once(client, "data")) as [Buffer];
    expect(heard.toString()).toBe(`you are ${number}`);
  }
}, 20_000);

test("a value that cannot be cloned throws, and nothing of it is sent", async () => {
  expect(() => left.link.send(HandoffFrame.SESSION, 1, { call: () => {} })).toThrow(/could not be cloned/);
  left.link.send(HandoffFrame.SESSION, 2, "whole");
  await expect.poll(() => right.said).toEqual([{ type: HandoffFrame.SESSION, stream: 2, value: "whole" }]);
});

test("the end of one side is heard by the other, once", async () => {
  left.link.close("enough");
  await expect.poll(() => right.closed.length).toBe(1);
  right.link.send(HandoffFrame.GO, 0);
  right.link.close("again");
  expect([left.closed, right.closed.length]).toEqual([["enough"], 1]);
});

test("bytes that are no frame, and a descriptor that is announced and does not come, end the link", async () => {
  left.link.send(HandoffFrame.DESCRIPTOR, 7);
  await expect.poll(() => right.closed).toEqual(["a descriptor that did not come"]);
});
