/** The mesh and a peer that does not read: what waits for it is bounded, and it is told what it missed. */

import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MeshFrame } from "../../src/bus/mesh-frames.js";
import { FrameReader } from "../../src/protocol/frames.js";
import { MeshFleet, until, type Worker } from "./mesh-fleet.js";
import { endRawLinks, rawLink } from "./raw-link.js";

const MiB = 1024 * 1024;
const RAW = { host: 0, slot: 9, incarnation: "raw", generation: 1 };

let fleet: MeshFleet;
beforeEach(() => {
  fleet = new MeshFleet();
});
afterEach(() => {
  endRawLinks();
  fleet.close();
});

/** The text of each message in order, and `lost <count>` for each notice. */
function listen(raw: Socket): string[] {
  const log: string[] = [];
  const reader = new FrameReader((type, _, payload) => {
    if (type === MeshFrame.MESSAGE) log.push(payload.toString("latin1", 0, 20).replace(/\0.*/, ""));
    if (type === MeshFrame.LOST) log.push(`lost ${payload.readUInt32BE()}`);
  });
  raw.on("data", (chunk: Buffer) => reader.push(chunk));
  return log;
}

function numbered(number: number, length: number): Buffer {
  const payload = Buffer.alloc(length);
  payload.write(`#${number}`);
  return payload;
}

/** Messages to the raw peer until some were dropped that are not volatile. @returns how many were published */
function overflow({ mesh }: Worker, length: number): number {
  for (let number = 0; ; number++) {
    if (mesh.counters.dropped.overflow >= 5) return number;
    mesh.publish("c", numbered(number, length));
  }
}

test("volatile messages go first, then all, and all is counted and reported", async () => {
  const problems: string[] = [];
  const worker = await fleet.join({ queueLimit: 4 * MiB, onProblem: (sentence) => problems.push(sentence) });
  const raw = await rawLink(worker, RAW);
  raw.pause();
  const { counters } = worker.mesh;
  const chunk = Buffer.alloc(MiB);
  // The kernel takes a part of the first ones; the rest waits in this process.
  while (counters.dropped.volatile === 0) worker.mesh.publish("c", chunk, true);
  expect(counters.dropped.overflow).toBe(0);
  expect(worker.mesh.queuedBytes).toBeLessThan(3.1 * MiB);
  const { sent } = counters;
  worker.mesh.publish("c", chunk);
  expect(counters.sent, "half of the limit is kept for what is not volatile").toBe(sent + 1);
  for (let i = 0; i < 20; i++) worker.mesh.publish("c", chunk);
  expect(worker.mesh.queuedBytes).toBeGreaterThanOrEqual(4 * MiB);
  expect(worker.mesh.queuedBytes, "the limit and one message").toBeLessThan(5.1 * MiB);
  expect(counters.dropped.overflow).toBe(21 - (counters.sent - sent));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("slot 9 has 4194304 bytes of the bus unread");
});

test("one gap is one notice in its place, and then the sender hears that messages fit again", async () => {
  const worker = await fleet.join({ queueLimit: 2 * MiB });
  const raw = await rawLink(worker, RAW);
  const events: string[] = [];
  worker.mesh.subscribe("c", {
    message: () => {},
    fitsAgain: ({ identity }) => {
      events.push(`fits ${identity.slot}`);
      worker.mesh.publish("c", Buffer.from("after"));
    },
  });
  raw.pause();
  const published = overflow(worker, 1000);
  const { dropped } = worker.mesh.counters;
  const log = listen(raw);
  raw.resume();
  await until(() => log.includes("after"));
  const kept = published - dropped.overflow;
  const numbers = Array.from({ length: kept }, (_, number) => `#${number}`);
  expect(log).toEqual([...numbers, `lost ${dropped.overflow}`, "after"]);
  expect(events).toEqual(["fits 9"]);
});

test("between the limit and half of it nothing fits, so that a gap does not become many", async () => {
  const worker = await fleet.join({ queueLimit: 4 * MiB });
  const raw = await rawLink(worker, RAW);
  raw.pause();
  overflow(worker, 1000);
  const log = listen(raw);
  const { counters } = worker.mesh;
  const { sent } = counters;
  let told = false;
  worker.mesh.watch({
    fitsAgain: () => {
      told = true;
    },
  });
  raw.resume();
  while (!told) {
    const { queuedBytes } = worker.mesh;
    worker.mesh.publish("c", Buffer.from("small"));
    if (queuedBytes >= 2 * MiB) expect(counters.sent).toBe(sent);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => worker.mesh.queuedBytes === 0);
  worker.mesh.publish("c", Buffer.from("last"));
  await until(() => log.includes("last"));
  expect(log.filter((line) => line.startsWith("lost"))).toEqual([`lost ${counters.dropped.overflow}`]);
});

test("what is lost is volatile only: nobody is told", async () => {
  const worker = await fleet.join({ queueLimit: 2 * MiB });
  const raw = await rawLink(worker, RAW);
  raw.pause();
  const { counters } = worker.mesh;
  while (counters.dropped.volatile < 5) worker.mesh.publish("c", Buffer.alloc(MiB / 4), true);
  worker.mesh.publish("c", Buffer.from("last"));
  const log = listen(raw);
  raw.resume();
  await until(() => log.includes("last"));
  expect(log.filter((line) => line.startsWith("lost"))).toEqual([]);
  expect(counters.dropped.overflow).toBe(0);
});

test("a message longer than the limit gets through where the queue is below it", async () => {
  const worker = await fleet.join({ queueLimit: MiB });
  const other = await fleet.join();
  let received = 0;
  other.mesh.subscribe("c", { message: (_, payload) => (received += payload.length) });
  await until(() => worker.mesh.peers().length === 1);
  worker.mesh.publish("c", Buffer.alloc(8 * MiB));
  await until(() => received === 8 * MiB);
});

test("delays nobody else", async () => {
  const worker = await fleet.join({ queueLimit: MiB });
  const other = await fleet.join();
  let received = 0;
  other.mesh.subscribe("c", { message: () => (received += 1) });
  const raw = await rawLink(worker, RAW);
  raw.pause();
  for (let i = 0; i < 20; i++) {
    worker.mesh.publish("c", Buffer.alloc(MiB / 4, "x"));
    await until(() => received === i + 1);
  }
  expect(worker.mesh.counters.dropped.overflow).toBeGreaterThan(10);
});

test("600,000 small messages that wait cost little more memory than their bytes", async () => {
  const worker = await fleet.join();
  const raw = await rawLink(worker, RAW);
  raw.pause();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 600_000; i++) worker.mesh.publish("c", Buffer.alloc(100, "x"));
  const bytes = worker.mesh.queuedBytes;
  expect(bytes).toBeGreaterThan(60 * MiB);
  // As Buffer objects and write requests they took seven times their bytes; this machine's own noise is small beside that.
  expect(process.memoryUsage.rss() - before).toBeLessThan(3 * bytes);
});
