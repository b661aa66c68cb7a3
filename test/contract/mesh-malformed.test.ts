/** The mesh and frames that make no sense: they close the link that they came on, and nothing else. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_CHANNELS, MeshFrame } from "../../src/bus/mesh-frames.js";
import { encodeFrame, MAX_PAYLOAD } from "../../src/protocol/frames.js";
import { encodeWelcome, HELLO_TYPE, WELCOME_TYPE } from "../../src/protocol/hello.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";
import { MeshFleet, until, type Worker } from "./mesh-fleet.js";
import { endRawLinks, rawLink, serve } from "./raw-link.js";

const { READY, REFUSED, CHANNEL, MESSAGE, LOST, HEARTBEAT } = MeshFrame;
const RAW = { host: 0, slot: 9, incarnation: "raw", generation: 1 };

const frame = (type: number, stream: number, payload: string | Buffer = ""): Buffer =>
  encodeFrame(type, stream, Buffer.from(payload));
const ready = (identity: unknown): Buffer => frame(READY, 0, JSON.stringify(identity));
const length = (bytes: number): Buffer => {
  const head = Buffer.from([0, 0, 0, 0, MESSAGE, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes);
  return head;
};

let fleet: MeshFleet;
let problems: string[];
let worker: Worker;
let witness: Worker;
let log: string[];

beforeEach(async () => {
  fleet = new MeshFleet();
  problems = [];
  log = [];
  worker = await fleet.join({ onProblem: (sentence) => problems.push(sentence) });
  witness = await fleet.join();
  await until(() => worker.mesh.peers().length === 1);
  worker.mesh.subscribe("c", {
    message: (from, payload) => log.push(`${from.identity.slot}: ${payload}`),
    peerUp: (peer) => log.push(`up ${peer.identity.slot}`),
    peerDown: (peer) => log.push(`down ${peer.identity.slot}`),
  });
});
afterEach(() => {
  endRawLinks();
  fleet.close();
});

/** The link of the witness carries messages in both directions. */
async function othersGoOn(): Promise<void> {
  const heard: string[] = [];
  const end = witness.mesh.subscribe("witness", { message: (_, payload) => heard.push(`${payload}`) });
  worker.mesh.publish("witness", Buffer.from("still here"));
  witness.mesh.publish("c", Buffer.from("still there"));
  await until(() => heard.length === 1 && log.at(-1) === "1: still there");
  end();
}

describe("from a peer,", () => {
  const senseless: [string, Buffer, string][] = [
    ["an unknown type", frame(200, 0, "?"), "a frame of the unknown type 200"],
    ["a second HELLO", frame(HELLO_TYPE, 0, "{}"), "a frame of the unknown type 0"],
    ["a WELCOME", frame(WELCOME_TYPE, 0), "a frame of the unknown type 1"],
    ["a MESSAGE without a channel", frame(MESSAGE, 3, "x"), "a message on channel 3, which has no name"],
    ["a CHANNEL out of range", frame(CHANNEL, MAX_CHANNELS, "c"), "a channel of the number 256"],
    ["READY from the side that dialled", ready(RAW), "READY out of turn"],
    ["READY that is not JSON", frame(READY, 0, "{"), "a READY that names no worker"],
    ["REFUSED from the side that dialled", frame(REFUSED, 0, "closed"), "REFUSED out of turn"],
    ["REFUSED of an unknown reason", frame(REFUSED, 0, "tired"), 'the unknown refusal "tired"'],
    ["LOST without a number", frame(LOST, 0), "a notice of loss without a number"],
    ["LOST of none", frame(LOST, 0, Buffer.alloc(4)), "a notice of loss without a number"],
    ["LOST of five bytes", frame(LOST, 0, Buffer.alloc(5, 1)), "a notice of loss without a number"],
    ["LOST on a stream", frame(LOST, 1, Buffer.alloc(4, 1)), "a frame of type 6 on stream 1"],
    ["HEARTBEAT with a payload", frame(HEARTBEAT, 0, "x"), "a heartbeat of 1 bytes"],
    ["a length that is too short", length(4), "frame of 4 bytes"],
    ["a length that is too long", length(MAX_PAYLOAD + 6), `frame of ${MAX_PAYLOAD + 6} bytes`],
  ];
  for (const [name, bytes, reason] of senseless) {
    test(`${name} closes the link, is counted and reported, and harms no other link`, async () => {
      const raw = await rawLink(worker, RAW);
      const good = Buffer.concat([frame(CHANNEL, 0, "c"), frame(MESSAGE, 0, "before")]);
      raw.write(Buffer.concat([good, bytes, frame(MESSAGE, 0, "behind it")]));
      await until(() => log.includes("down 9"));
      expect(log).toEqual(["up 9", "9: before", "down 9"]);
      expect(worker.mesh.counters.dropped.malformed).toBe(1);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`The worker of slot 9 sent ${reason} on the bus`);
      await othersGoOn();
    });
  }

  test("a channel number that is named again carries the new name", async () => {
    const raw = await rawLink(worker, RAW);
    raw.write(frame(CHANNEL, 5, "nobody listens"));
    raw.write(frame(CHANNEL, 5, "c"));
    raw.write(frame(MESSAGE, 5, "heard"));
    await until(() => log.includes("9: heard"));
    expect(worker.mesh.counters.dropped.malformed).toBe(0);
  });
});

describe("from a worker that was dialled,", () => {
  /** Serves the socket of a worker that answers every link with the same frames; @returns how often it was dialled */
  const acceptor = async (...frames: Buffer[]): Promise<() => number> => {
    let dialled = 0;
    await serve(workerSocket(fleet.directory, 9, "raw"), (socket) => {
      socket.once("data", () => {
        dialled += 1;
        socket.write(Buffer.concat([encodeWelcome(), ...frames]));
      });
    });
    return () => dialled;
  };

  const senseless: [string, Buffer[], string][] = [
    ["READY that is null", [ready(null)], "a READY that names no worker"],
    ["READY without a slot", [ready({ ...RAW, slot: undefined })], "a READY that names no worker"],
    ["READY with a negative slot", [ready({ ...RAW, slot: -1 })], "a READY that names no worker"],
    ["READY of another worker", [ready({ ...RAW, slot: 8 })], "a READY of another worker, 0.8.raw,"],
    ["READY on a stream", [frame(READY, 1, JSON.stringify(RAW))], "a frame of type 2 on stream 1"],
    ["REFUSED of an unknown reason", [frame(REFUSED, 0, "tired")], 'the unknown refusal "tired"'],
    ["a MESSAGE before READY", [frame(MESSAGE, 0, "x")], "a message before the link was settled"],
    ["a CHANNEL before READY", [frame(CHANNEL, 0, "c")], "CHANNEL out of turn"],
    ["LOST before READY", [frame(LOST, 0, Buffer.alloc(4, 1))], "LOST out of turn"],
    ["HEARTBEAT before READY", [frame(HEARTBEAT, 0)], "HEARTBEAT out of turn"],
    ["a second READY", [ready(RAW), ready(RAW)], "READY out of turn"],
    ["REFUSED after READY", [ready(RAW), frame(REFUSED, 0, "duplicate")], "REFUSED out of turn"],
  ];
  for (const [name, frames, reason] of senseless) {
    test(`${name} closes the link, which is dialled again; it is reported once`, async () => {
      const dialled = await acceptor(...frames);
      const newcomer = await fleet.join({ slot: 3, onProblem: (sentence) => problems.push(sentence) });
      await until(() => dialled() === 2 && newcomer.mesh.counters.dropped.malformed === 2);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`The worker of slot 9 sent ${reason} on the bus`);
      expect(newcomer.mesh.peers()).toHaveLength(2);
    });
  }
});
