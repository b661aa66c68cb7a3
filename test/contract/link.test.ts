/** One link over a real Unix socket: what leaves when, and what waits while the other side does not read. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FRAME_HEADER, FrameReader } from "../../src/protocol/frames.js";
import { Link } from "../../src/protocol/link.js";
import { until } from "./mesh-fleet.js";

const KiB = 1024;
const MiB = 1024 * KiB;
/** Each takes some microseconds; a link gathers for a millisecond. */
const TURNS = 500;

let directory: string;
let near: Socket;
let far: Socket;
let end: () => void;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "hf-link-"));
  const path = join(directory, "s");
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  near = connect(path);
  far = await accepted;
  end = () => {
    near.destroy();
    far.destroy();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  };
});
afterEach(() => end());

const nothing = { frame() {}, close() {} };

/** The frames that arrive at the far end, each as its stream and length; also checks that every byte is that of the sender. */
function read(): { stream: number; length: number }[] {
  const frames: { stream: number; length: number }[] = [];
  const reader = new FrameReader((_, stream, payload) => {
    const intact = payload.every((byte) => byte === stream % 251);
    frames.push({ stream, length: intact ? payload.length : -1 });
  });
  far.on("data", (chunk: Buffer) => reader.push(chunk)).resume();
  return frames;
}

/** Frames of all sizes around the limits between copying and keeping, until so many bytes were sent. */
function sendMixed(link: Link, bytes: number): { stream: number; length: number }[] {
  const sizes = [0, 1, 100, 7000, 16 * KiB - 1, 16 * KiB, 33 * KiB, 200, 300 * KiB, 3];
  const sent: { stream: number; length: number }[] = [];
  for (let total = 0; total < bytes; ) {
    const stream = sent.length;
    const length = sizes[stream % sizes.length] as number;
    link.send(9, stream, Buffer.alloc(length, stream % 251));
    sent.push({ stream, length });
    total += length;
  }
  return sent;
}

test("frames of one turn leave in one write", async () => {
  const link = new Link(near, nothing);
  const chunks: number[] = [];
  far.on("data", (chunk: Buffer) => chunks.push(chunk.length)).resume();
  for (let i = 0; i < 20; i++) link.send(9, i, Buffer.alloc(100));
  expect(link.queuedBytes).toBe(20 * (100 + FRAME_HEADER));
  await until(() => chunks.length > 0);
  expect(chunks).toEqual([20 * (100 + FRAME_HEADER)]);
  expect(link.queuedBytes).toBe(0);
});

test("who sends in turn after turn writes less often, and leaves nothing behind", async () => {
  const link = new Link(near, nothing);
  let writes = 0;
  const write = near.write.bind(near) as (...args: unknown[]) => boolean;
  near.write = ((...args: unknown[]) => {
    writes += 1;
    return write(...args);
  }) as Socket["write"];
  const frames = read();
  for (let turn = 0; turn < TURNS; turn++) {
    link.send(9, turn, Buffer.alloc(100, turn % 251));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => frames.length === TURNS);
  expect(frames).toEqual(Array.from({ length: TURNS }, (_, stream) => ({ stream, length: 100 })));
  expect(writes).toBeLessThan(TURNS / 2);
});

test("what the other side does not read waits, counted, and then arrives in order and intact", async () => {
  let drains = 0;
  const link = new Link(near, { ...nothing, drain: () => (drains += 1) });
  const sent = sendMixed(link, 10 * MiB);
  await new Promise((resolve) => setImmediate(resolve));
  sent.push(...sendMixed(link, 2 * MiB));
  expect(link.queuedBytes).toBeGreaterThan(11 * MiB);
  const frames = read();
  await until(() => frames.length === sent.length);
  expect(frames).toEqual(sent);
  await until(() => link.queuedBytes === 0);
  expect(drains).toBeGreaterThan(10);
});

test("end sends what waits, and only then closes", async () => {
  let reason: string | undefined;
  const link = new Link(near, { ...nothing, close: (why) => (reason = why) });
  const sent = sendMixed(link, 5 * MiB);
  link.end();
  link.send(9, 0, Buffer.from("after the end"));
  const frames = read();
  let over = false;
  far.once("end", () => {
    over = true;
  });
  await until(() => over);
  expect(frames).toEqual(sent);
  await until(() => reason !== undefined);
});

test("close drops what waits", async () => {
  let closes = 0;
  const link = new Link(near, { ...nothing, close: () => (closes += 1) });
  sendMixed(link, 5 * MiB);
  link.close("enough");
  expect(link.queuedBytes).toBe(0);
  expect(link.closed).toBe(true);
  link.send(9, 0, Buffer.alloc(MiB));
  link.end();
  const frames = read();
  await until(() => far.destroyed);
  expect(frames.length).toBeLessThan(20);
  expect(closes).toBe(1);
});

test("the other side is heard before its frames, with the first piece of one, too", async () => {
  const events: string[] = [];
  new Link(near, {
    heard: () => events.push("heard"),
    frame: (type) => events.push(`frame ${type}`),
    close: () => {},
  });
  far.resume();
  far.write(Buffer.from([0, 0]));
  await until(() => events.length === 1);
  far.write(Buffer.from([0, 5, 7, 0, 0, 0, 0]));
  await until(() => events.includes("frame 7"));
  expect(events).toEqual(["heard", "heard", "frame 7"]);
});

test("bytes that are no frame are said to be malformed, and close the link", async () => {
  const events: string[] = [];
  const link = new Link(near, {
    frame: () => events.push("frame"),
    malformed: (reason) => events.push(reason),
    close: (reason) => events.push(`closed: ${reason}`),
  });
  far.write(Buffer.from([0, 0, 0, 4, 1, 2, 3, 4, 5]));
  await until(() => link.closed);
  expect(events).toEqual(["frame of 4 bytes", "closed: frame of 4 bytes"]);
});
