/** Contract: who is a peer, when that is told, and what an end means. */

import { expect, test } from "vitest";
import type { Peer } from "../../../src/bus/bus.js";
import { CHANNEL, numbered, peerIn } from "./recorder.js";
import type { Rig } from "./rig.js";
import { until } from "./until.js";

export function presenceTests(rig: Rig): void {
  test("peers carry the identity of the other worker, and keys differ", async () => {
    const [left, right] = await rig.pair();
    expect(left.bus.peers()).toEqual([right.bus.self]);
    expect(right.bus.peers()).toEqual([left.bus.self]);
    expect(left.bus.self.key).not.toBe(right.bus.self.key);
  });

  test("peers() is the same list until somebody comes or goes", async () => {
    const [left, right] = await rig.pair();
    const before = left.bus.peers();
    right.say("hello");
    await until(() => left.texts().length === 1);
    expect(left.bus.peers()).toBe(before);
    const third = await rig.join();
    await until(() => left.knows(third));
    expect(before, "whoever kept it keeps what it was").toEqual([right.bus.self]);
    expect(left.bus.peers()).toHaveLength(2);
  });

  test("peerUp comes before the first message, peerDown after the last", async () => {
    const [left] = await rig.pair();
    const newcomer = await rig.join();
    await until(() => newcomer.knows(left));
    for (let i = 0; i < 100; i++) newcomer.bus.publish(CHANNEL, numbered(i));
    newcomer.bus.close();
    await until(() => left.events.at(-1) === "down 2");
    const messages = Array.from({ length: 100 }, (_, i) => `#${i}`);
    expect(left.of(newcomer)).toEqual(["up", ...messages, "down"]);
    expect(left.knows(newcomer)).toBe(false);
  });

  test("peers() agrees with peerUp and peerDown at the moment of the call, and a peer can be spoken to in its peerUp", async () => {
    const [left] = await rig.pair();
    const seen: string[] = [];
    const has = (peer: Peer): boolean => left.bus.peers().some(({ key }) => key === peer.key);
    left.bus.subscribe("another", {
      message: () => {},
      peerUp: (peer) => {
        seen.push(`up ${has(peer)}`);
        left.bus.send([peer], CHANNEL, Buffer.from("welcome"));
      },
      peerDown: (peer) => seen.push(`down ${has(peer)}`),
    });
    const other = await rig.join();
    await until(() => other.texts().length === 1);
    expect(other.of(left)).toEqual(["up", "welcome"]);
    other.bus.close();
    await until(() => seen.length === 2);
    expect(seen).toEqual(["up true", "down false"]);
  });

  test("a new subscriber is not told of those that lived before it", async () => {
    const [left] = await rig.pair();
    const seen: number[] = [];
    left.bus.subscribe("late", { message: () => {}, peerUp: ({ identity }) => seen.push(identity.slot) });
    await rig.join();
    await until(() => seen.length > 0);
    expect(seen).toEqual([2]);
  });

  test("publish and send to a peer that is gone do no harm, from the moment that it goes", async () => {
    const [left, right] = await rig.pair();
    const rights = [peerIn(left.bus, right)];
    const speak = (): void => {
      left.say("into the void");
      left.bus.send(rights, CHANNEL, Buffer.from("into the void"));
    };
    right.bus.close();
    speak();
    await until(() => !left.knows(right));
    speak();
    const third = await rig.join();
    await until(() => left.knows(third));
    left.say("still here");
    await until(() => third.texts().length === 1);
    expect(third.texts()).toEqual(["still here"]);
    expect(left.bus.counters.dropped.noPeer).toBeGreaterThanOrEqual(1);
  });

  test("after close nothing is heard, nobody is a peer and nothing that is published gets out", async () => {
    const [left, right] = await rig.pair();
    left.say("too late");
    right.bus.close();
    right.bus.close();
    expect(right.bus.peers()).toEqual([]);
    right.say("from the grave");
    right.tell([left], "from the grave");
    await until(() => left.events.includes("down 1"));
    expect(left.texts()).toEqual([]);
    expect(right.events).toEqual([]);
  });

  test("one that is killed goes down for each of the others, once, and nobody else does", async () => {
    const [first, second, third] = await rig.trio();
    third.say("last words");
    await until(() => first.events.length === 1 && second.events.length === 1);
    rig.carrier.kill(third.bus);
    await until(() => !first.knows(third) && !second.knows(third));
    first.say("are you there?");
    await until(() => second.texts().includes("are you there?"));
    expect(first.events).toEqual(["2: last words", "down 2"]);
    expect(second.events).toEqual(["2: last words", "down 2", "0: are you there?"]);
  });
}
