/** Promise: a session may move in the middle of everything that its client sends, at every byte. */

import type { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { frame, RawClient } from "./handoff-codec/raw-client.js";
import { type App, TwoApps, until } from "./handoff-codec/two-apps.js";

let both: TwoApps;
let client: RawClient;
let heard: unknown[];

beforeAll(async () => {
  both = await TwoApps.start((io) =>
    io.on("connection", (socket) =>
      socket.onAny((...event) =>
        heard.push(event.map((part) => (Buffer.isBuffer(part) ? part.toString() : part))),
      ),
    ),
  );
  client = await RawClient.enter(both.old.port);
});

beforeEach(() => {
  heard = [];
});

afterAll(async () => {
  client.close();
  await both.close();
});

const owner = (): App => (both.old.codec.sessions().length > 0 ? both.old : both.new);

/** The connection of the only session, where it is now. */
function connection(): Socket {
  const { clients } = owner().io.engine as unknown as {
    clients: Record<string, { transport: { socket: { _socket: Socket } } }>;
  };
  const [session] = Object.values(clients);
  if (session === undefined) throw new Error("the session is gone");
  return session.transport.socket._socket;
}

async function send(bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  const socket = connection();
  const expected = socket.bytesRead + bytes.length;
  client.write(bytes);
  await until(() => socket.bytesRead >= expected);
}

/** Sends both parts, and moves the session between them. */
async function cutAt(bytes: Buffer, cut: number, expected: readonly unknown[]): Promise<void> {
  heard = [];
  await send(bytes.subarray(0, cut));
  await both.move();
  client.write(bytes.subarray(cut));
  await until(() => heard.length >= expected.length);
  expect([cut, ...heard]).toEqual([cut, ...expected]);
}

const event = (...parts: unknown[]): string => `42${JSON.stringify(parts)}`;

describe("a session that moves", () => {
  it("goes on at every byte of a short message", async () => {
    const bytes = frame(event("a", 1));
    for (let cut = 0; cut <= bytes.length; cut++) await cutAt(bytes, cut, [["a", 1]]);
  });

  it("goes on at every byte of the heads of messages with long lengths", async () => {
    for (const length of [300, 70_000]) {
      const text = "x".repeat(length);
      const bytes = frame(event("a", text));
      for (const cut of [...Array(18).keys(), length / 2, bytes.length - 1])
        await cutAt(bytes, cut, [["a", text]]);
    }
  });

  it("goes on at every byte of a message in fragments, with a ping between them", async () => {
    const text = event("fragments", "abcdef");
    const bytes = Buffer.concat([
      frame(text.slice(0, 9), { final: false }),
      frame("?", { opcode: 9 }),
      frame("", { opcode: 0, final: false }),
      frame(text.slice(9), { opcode: 0 }),
      frame(event("next")),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++)
      await cutAt(bytes, cut, [["fragments", "abcdef"], ["next"]]);
  });

  it("goes on at every byte of a packet with two attachments", async () => {
    const bytes = Buffer.concat([
      frame('452-["files",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'),
      frame("one", { opcode: 2 }),
      frame("two", { opcode: 2 }),
      frame(event("next")),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++)
      await cutAt(bytes, cut, [["files", "one", "two"], ["next"]]);
  });
});
