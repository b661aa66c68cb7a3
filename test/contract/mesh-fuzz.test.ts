/** Bytes that no worker says, on real links to a real mesh: they close the link that they came on, and harm nothing else. */

import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MeshFrame } from "../../src/bus/mesh-frames.js";
import { encodeFrame, frameHeader, MAX_PAYLOAD } from "../../src/protocol/frames.js";
import {
  encodeHello,
  encodeWelcome,
  HELLO_TYPE,
  MAX_HELLO,
  PROTOCOL_VERSION,
} from "../../src/protocol/hello.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";
import { mutated } from "../helpers/mutated-bytes.js";
import { account } from "./bus/account.js";
import { CHANNEL, numbered, Recorder } from "./bus/recorder.js";
import { stopWaiting, turn, until } from "./bus/until.js";
import { hasBadLength, hostileBytes } from "./hostile-bytes.js";
import { MeshFleet, type Worker } from "./mesh-fleet.js";
import { endRawLinks, rawLink, serve } from "./raw-link.js";

let fleet: MeshFleet;
let victim: Worker;
let left: Recorder;
let right: Recorder;
let sent: number;
let strangers: number;

beforeEach(async () => {
  fleet = new MeshFleet();
  victim = await fleet.join();
  left = new Recorder(victim.mesh);
  right = new Recorder((await fleet.join()).mesh);
  await until(() => left.knows(right) && right.knows(left));
  left.events.length = 0;
  right.events.length = 0;
  sent = 0;
  strangers = 0;
});
afterEach(() => {
  stopWaiting();
  endRawLinks();
  fleet.close();
});

/** What the victim and a real peer tell each other arrives as ever, over the link that they always had. */
async function expectUnhurt(): Promise<void> {
  for (const { bus } of [left, right]) bus.publish(CHANNEL, numbered(sent));
  sent += 1;
  await until(() => left.of(right).length >= sent && right.of(left).length >= sent);
  for (const heard of [left.of(right), right.of(left)]) {
    expect(heard).toHaveLength(sent);
    expect(account(heard).received).toBe(sent);
  }
}

/** An identity that nobody had before. */
function stranger() {
  strangers += 1;
  return { host: 0, slot: 9, incarnation: `raw${strangers}`, generation: 1 };
}

/** Writes in pieces that are read one by one. */
async function write(socket: Socket, bytes: Buffer, pieces: number): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let offset = 0; offset < bytes.length; offset += size) {
    socket.write(bytes.subarray(offset, offset + size));
    await turn();
  }
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once("close", () => resolve())));

/** Nobody but the real peer is left. */
const alone = (): Promise<void> => until(() => victim.mesh.peers().length === 1);

describe("on a link that stands,", () => {
  test("whatever bytes come: a length out of bounds closes it, and nothing of it reaches another link", async () => {
    const offence = fc.asyncProperty(hostileBytes, fc.integer({ min: 1, max: 4 }), async (bytes, pieces) => {
      const raw = await rawLink(victim, stranger());
      const end = closed(raw);
      await write(raw, bytes, pieces);
      // Where the victim need not close, it reads everything before it reads the end.
      if (!hasBadLength(bytes)) raw.end();
      await end;
      await alone();
      await expectUnhurt();
    });
    await fc.assert(offence, { numRuns: 400, endOnFailure: true });
  }, 20_000);

  test.each<[string, Buffer]>([
    ["a length of 0", Buffer.alloc(9)],
    ["a length of 1", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0])],
    ["a length that is one too short", frameHeader(MeshFrame.MESSAGE, 0, -1)],
    ["a length that is one too long", frameHeader(MeshFrame.MESSAGE, 0, MAX_PAYLOAD + 1)],
    ["the longest length of all", Buffer.from([0xff, 0xff, 0xff, 0xff, MeshFrame.MESSAGE, 0, 0, 0, 0])],
    ["a message on the largest stream", encodeFrame(MeshFrame.MESSAGE, 0xffffffff, Buffer.from("text"))],
    ["a name for the largest stream", encodeFrame(MeshFrame.CHANNEL, 0xffffffff, Buffer.from("c"))],
    ["a frame of the largest type", encodeFrame(255, 0, Buffer.from("text"))],
  ])("%s closes it, and is counted once", async (_, bytes) => {
    const raw = await rawLink(victim, stranger());
    raw.write(
      Buffer.concat([
        encodeFrame(MeshFrame.CHANNEL, 0, Buffer.from(CHANNEL)),
        encodeFrame(MeshFrame.MESSAGE, 0, Buffer.from("good")),
      ]),
    );
    raw.write(bytes);
    raw.write(encodeFrame(MeshFrame.MESSAGE, 0, Buffer.from("too late")));
    await closed(raw);
    await alone();
    expect(left.events).toEqual(["up 9", "9: good", "down 9"]);
    expect(victim.mesh.counters.dropped.malformed).toBe(1);
    await expectUnhurt();
  });

  test.each<[string, Buffer]>([
    ["of a length", Buffer.from([0, 0])],
    ["of a header", frameHeader(MeshFrame.MESSAGE, 0, 10).subarray(0, 7)],
    [
      "of the longest message that there may be",
      Buffer.concat([frameHeader(MeshFrame.MESSAGE, 0, MAX_PAYLOAD), Buffer.alloc(1000)]),
    ],
  ])("the half %s keeps nobody else waiting, and ends with the link", async (_, bytes) => {
    const raw = await rawLink(victim, stranger());
    raw.write(bytes);
    await expectUnhurt();
    await expectUnhurt();
    expect(left.events).toContain("up 9");
    expect(left.events).not.toContain("down 9");
    raw.end();
    await alone();
    expect(victim.mesh.counters.dropped.malformed).toBe(0);
  });
});

describe("before a link stands,", () => {
  /** Dials the victim, says this, and waits until the victim has closed. */
  async function say(bytes: Buffer, pieces = 1): Promise<void> {
    const raw = connect(victim.linkServer.path);
    raw.on("error", () => {}).resume();
    const end = closed(raw);
    await write(raw, bytes, pieces);
    raw.end();
    await end;
    await alone();
  }

  const hello = (changes: object): Buffer =>
    encodeHello({ version: PROTOCOL_VERSION, kind: "bus", fleet: "test", ...stranger(), ...changes });

  test("no bytes in place of a hello do harm", async () => {
    const greeting = fc.oneof(hostileBytes, mutated(fc.constant(hello({}))));
    const offence = fc.asyncProperty(greeting, fc.integer({ min: 1, max: 4 }), async (bytes, pieces) => {
      await say(bytes, pieces);
      await expectUnhurt();
    });
    await fc.assert(offence, { numRuns: 300, endOnFailure: true });
  }, 20_000);

  test("whatever a hello says, nobody becomes a peer without a proper identity", async () => {
    const field = fc.constantFrom("version", "kind", "fleet", "host", "slot", "incarnation", "generation");
    const offence = fc.asyncProperty(field, fc.jsonValue(), async (name, value) => {
      left.events.length = 0;
      const peers: unknown[] = [];
      const end = victim.mesh.watch({ peerUp: ({ identity }) => peers.push(identity) });
      await say(hello({ [name]: value }));
      end();
      for (const identity of peers) {
        expect(identity).toEqual({
          host: expect.any(Number),
          slot: expect.any(Number),
          incarnation: expect.stringMatching(/^[0-9a-z]+$/),
          generation: expect.any(Number),
        });
        expect(JSON.stringify(identity)).toMatch(
          /"host":\d+,"slot":\d+,"incarnation":"\w+","generation":\d+\}/,
        );
      }
    });
    await fc.assert(offence, { numRuns: 200, endOnFailure: true });
    await expectUnhurt();
  }, 20_000);

  test("a hello that is too long closes the connection, before it is there as a whole", async () => {
    const raw = connect(victim.linkServer.path);
    raw.on("error", () => {}).resume();
    raw.write(frameHeader(HELLO_TYPE, 0, MAX_HELLO));
    await closed(raw);
    await expectUnhurt();
  });

  test("half a hello keeps nobody waiting", async () => {
    const raw = connect(victim.linkServer.path);
    raw.on("error", () => {}).write(hello({}).subarray(0, 20));
    await expectUnhurt();
    await expectUnhurt();
    raw.end();
    await closed(raw.resume());
    await alone();
  });
});

test("whatever answers a worker that dials, it links to those that live", async () => {
  const ready = encodeFrame(
    MeshFrame.READY,
    0,
    Buffer.from(JSON.stringify({ host: 0, slot: 9, incarnation: "sham", generation: 1 })),
  );
  const answer = fc.oneof(
    hostileBytes,
    mutated(fc.constant(encodeWelcome())),
    hostileBytes.map((bytes) => Buffer.concat([encodeWelcome(), bytes])),
    hostileBytes.map((bytes) => Buffer.concat([encodeWelcome(), ready, bytes])),
  );
  const path = workerSocket(fleet.directory, 9, "sham");
  const offence = fc.asyncProperty(answer, async (bytes) => {
    const sham = await serve(path, (socket) => socket.once("data", () => socket.end(bytes)));
    const newcomer = new Recorder((await fleet.join()).mesh);
    sham.close();
    await until(() => newcomer.knows(left) && left.knows(newcomer));
    newcomer.say("hello");
    await until(() => left.of(newcomer).includes("hello"));
    newcomer.bus.close();
    await alone();
  });
  await fc.assert(offence, { numRuns: 50, endOnFailure: true });
  await expectUnhurt();
}, 20_000);
