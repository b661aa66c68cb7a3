/** Contract: what every carrier of messages between workers keeps. Run by one small test file for each carrier. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bus, Peer } from "../../src/bus/bus.js";

export type Carrier = {
  /** A new worker, linked to all that live. */
  join(): Promise<Bus>;
  close(): Promise<void>;
};

const CHANNEL = "contract";

export function busContract(name: string, open: () => Promise<Carrier>): void {
  describe(`${name} keeps the contract of a bus:`, () => {
    let carrier: Carrier;
    beforeEach(async () => {
      carrier = await open();
    });
    afterEach(() => carrier.close());

    const pair = async (): Promise<[Recorder, Recorder]> => {
      const left = record(await carrier.join());
      const right = record(await carrier.join());
      await left.until(() => left.bus.peers().length === 1 && right.bus.peers().length === 1);
      return [left, right];
    };

    test("messages of one sender arrive in order, whether published or sent", async () => {
      const [left, right] = await pair();
      for (let i = 0; i < 500; i++) {
        if (i % 3 === 0) left.bus.send([right.bus.self], CHANNEL, Buffer.from(`${i}`));
        else left.bus.publish(CHANNEL, Buffer.from(`${i}`));
      }
      await right.until(() => right.texts().length === 500);
      expect(right.texts()).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`));
      expect(right.senders()).toEqual(new Set([left.bus.self.key]));
    });

    test("a message reaches every peer once, and never its sender", async () => {
      const [left, right] = await pair();
      const third = record(await carrier.join());
      await third.until(() => third.bus.peers().length === 2 && left.bus.peers().length === 2);
      left.bus.publish(CHANNEL, Buffer.from("to all"));
      right.bus.publish(CHANNEL, Buffer.from("marker"));
      third.bus.publish(CHANNEL, Buffer.from("marker"));
      await left.until(() => left.texts().length === 2);
      await third.until(() => third.texts().length === 2);
      await right.until(() => right.texts().length === 2);
      expect(left.texts()).toEqual(["marker", "marker"]);
      expect(right.texts().sort()).toEqual(["marker", "to all"]);
      expect(third.texts().sort()).toEqual(["marker", "to all"]);
    });

    test("a message that is sent reaches its addressee only", async () => {
      const [left, right] = await pair();
      const third = record(await carrier.join());
      await third.until(() => third.bus.peers().length === 2 && left.bus.peers().length === 2);
      left.bus.send([right.bus.self], CHANNEL, Buffer.from("private"));
      left.bus.publish(CHANNEL, Buffer.from("to all"));
      await right.until(() => right.texts().length === 2);
      await third.until(() => third.texts().length === 1);
      expect(right.texts()).toEqual(["private", "to all"]);
      expect(third.texts()).toEqual(["to all"]);
    });

    test("peers carry the identity of the other worker, and keys differ", async () => {
      const [left, right] = await pair();
      expect(left.bus.peers()).toEqual([right.bus.self]);
      expect(right.bus.peers()).toEqual([left.bus.self]);
      expect(left.bus.self.key).not.toBe(right.bus.self.key);
    });

    test("peerUp comes before the first message, peerDown after the last", async () => {
      const left = record(await carrier.join());
      const right = record(await carrier.join());
      await right.until(() => right.bus.peers().length === 1);
      for (let i = 0; i < 100; i++) right.bus.publish(CHANNEL, Buffer.from(`${i}`));
      right.bus.close();
      await left.until(() => left.events.at(-1) === `down ${right.bus.self.key}`);
      expect(left.events[0]).toBe(`up ${right.bus.self.key}`);
      expect(left.texts()).toHaveLength(100);
      expect(left.events).toHaveLength(102);
      expect(left.bus.peers()).toEqual([]);
    });

    test("peers() agrees with peerUp and peerDown at the moment of the call", async () => {
      const bus = await carrier.join();
      const seen: string[] = [];
      const has = (peer: Peer): boolean => bus.peers().some(({ key }) => key === peer.key);
      bus.subscribe(CHANNEL, {
        message: () => {},
        peerUp: (peer) => seen.push(`up ${has(peer)}`),
        peerDown: (peer) => seen.push(`down ${has(peer)}`),
      });
      const other = record(await carrier.join());
      await other.until(() => other.bus.peers().length === 1 && seen.length === 1);
      other.bus.close();
      await other.until(() => seen.length === 2);
      expect(seen).toEqual(["up true", "down false"]);
    });

    test("publish and send to a peer that is gone do no harm", async () => {
      const [left, right] = await pair();
      right.bus.close();
      left.bus.publish(CHANNEL, Buffer.from("into the void"));
      left.bus.send([right.bus.self], CHANNEL, Buffer.from("into the void"));
      await left.until(() => left.bus.peers().length === 0);
      left.bus.publish(CHANNEL, Buffer.from("into the void"));
      left.bus.send([right.bus.self], CHANNEL, Buffer.from("into the void"));
      const third = record(await carrier.join());
      await left.until(() => left.bus.peers().length === 1);
      left.bus.publish(CHANNEL, Buffer.from("still here"));
      await third.until(() => third.texts().length === 1);
      expect(third.texts()).toEqual(["still here"]);
    });

    test("channels are apart, and a channel without subscriber is dropped", async () => {
      const [left, right] = await pair();
      const other: string[] = [];
      right.bus.subscribe("other", { message: (_, payload) => other.push(payload.toString()) });
      left.bus.publish("nobody listens", Buffer.from("dropped"));
      left.bus.publish("other", Buffer.from("for the other"));
      left.bus.publish(CHANNEL, Buffer.from("for the first"));
      await right.until(() => right.texts().length === 1);
      expect(right.texts()).toEqual(["for the first"]);
      expect(other).toEqual(["for the other"]);
    });

    test("a subscription ends, and the channel may have another", async () => {
      const [left, right] = await pair();
      const kept: string[] = [];
      const end = right.bus.subscribe("other", { message: () => kept.push("first") });
      expect(() => right.bus.subscribe("other", { message: () => {} })).toThrow("has a subscriber");
      end();
      left.bus.publish("other", Buffer.from("dropped"));
      left.bus.publish(CHANNEL, Buffer.from("marker"));
      await right.until(() => right.texts().length === 1);
      right.bus.subscribe("other", { message: () => kept.push("second") });
      end();
      left.bus.publish("other", Buffer.from("heard"));
      left.bus.publish(CHANNEL, Buffer.from("marker"));
      await right.until(() => right.texts().length === 2);
      expect(kept).toEqual(["second"]);
    });

    test("binary payloads arrive intact, from none to 8 MB", async () => {
      const [left, right] = await pair();
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const large = Buffer.alloc(8 * 1024 * 1024, every);
      left.bus.publish(CHANNEL, Buffer.alloc(0));
      left.bus.publish(CHANNEL, every);
      left.bus.publish(CHANNEL, large);
      left.bus.publish(CHANNEL, Buffer.from("after it"));
      await right.until(() => right.payloads.length === 4);
      expect(right.payloads.map((payload) => payload.length)).toEqual([0, 256, large.length, 8]);
      expect(right.payloads[1]?.equals(every)).toBe(true);
      expect(right.payloads[2]?.equals(large)).toBe(true);
    });

    test("hundreds of channels on one link are not mixed up", async () => {
      const [left, right] = await pair();
      const heard: string[] = [];
      const ends = Array.from({ length: 700 }, (_, i) =>
        right.bus.subscribe(`many-${i}`, { message: (_, payload) => heard.push(`${i}=${payload}`) }),
      );
      for (const i of [...ends.keys(), ...ends.keys()]) left.bus.publish(`many-${i}`, Buffer.from(`${i}`));
      await right.until(() => heard.length === 1400);
      const once = Array.from({ length: 700 }, (_, i) => `${i}=${i}`);
      expect(heard).toEqual([...once, ...once]);
    });

    test("after close nothing is heard, nobody is a peer and publishing does no harm", async () => {
      const [left, right] = await pair();
      left.bus.publish(CHANNEL, Buffer.from("too late"));
      right.bus.close();
      right.bus.close();
      expect(right.bus.peers()).toEqual([]);
      right.bus.publish(CHANNEL, Buffer.from("from the grave"));
      right.bus.send([left.bus.self], CHANNEL, Buffer.from("from the grave"));
      await left.until(() => left.events.at(-1) === `down ${right.bus.self.key}`);
      expect(left.texts()).toEqual([]);
      expect(right.texts()).toEqual([]);
      expect(right.events.filter((event) => event.startsWith("down"))).toEqual([]);
    });
  });
}

/** A bus with a subscriber that writes everything down. */
class Recorder {
  readonly bus: Bus;
  /** `up <key>`, `down <key>`, `message <text>`. */
  readonly events: string[] = [];
  readonly payloads: Buffer[] = [];
  readonly #senders = new Set<string>();

  constructor(bus: Bus) {
    this.bus = bus;
    bus.subscribe(CHANNEL, {
      message: (from, payload) => {
        this.#senders.add(from.key);
        this.payloads.push(Buffer.from(payload));
        this.events.push(payload.length > 100 ? "message" : `message ${payload}`);
      },
      peerUp: (peer) => this.events.push(`up ${peer.key}`),
      peerDown: (peer) => this.events.push(`down ${peer.key}`),
    });
  }

  texts(): string[] {
    return this.payloads.map((payload) => payload.toString());
  }

  senders(): Set<string> {
    return this.#senders;
  }

  /** Awaits a state; the test's own time limit is the end of patience. */
  async until(state: () => boolean): Promise<void> {
    while (!state()) await new Promise((resolve) => setImmediate(resolve));
  }
}

function record(bus: Bus): Recorder {
  return new Recorder(bus);
}
