/** Contract: whom a message reaches, how often, in which order, and that it is the same there. */

import { expect, test } from "vitest";
import { CHANNEL, numbered, type Recorder } from "./recorder.js";
import type { Rig } from "./rig.js";
import { until } from "./until.js";

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `#${i}`);

export function deliveryTests(rig: Rig): void {
  test("messages of one sender arrive in order on all channels together, whether published or sent", async () => {
    const [left, right] = await rig.pair();
    const channels = [CHANNEL, "second", "third"];
    right.listen("second");
    right.listen("third");
    for (let i = 0; i < 600; i++) {
      const channel = channels[i % 3] as string;
      const payload = numbered(i, i % 50 === 0 ? 100_000 : 4);
      if (i % 7 < 3) left.bus.send([right.bus.self], channel, payload);
      else left.bus.publish(channel, payload, i % 2 === 0);
    }
    await until(() => right.events.length === 600);
    expect(right.of(left)).toEqual(numbers(600));
  });

  test("eight workers hear one another: each message once, in its sender's order, never their own", async () => {
    const workers = await rig.fleet(8);
    for (let i = 0; i < 50; i++) {
      for (const { bus } of workers) bus.publish(CHANNEL, numbered(i));
    }
    await until(() => workers.every(({ events }) => events.length >= 350));
    for (const worker of workers) {
      for (const other of workers) expect(worker.of(other)).toEqual(worker === other ? [] : numbers(50));
    }
  });

  test("send reaches those that it names, and no other", async () => {
    const workers = await rig.fleet(4);
    const [sender, first, second, third] = workers as [Recorder, Recorder, Recorder, Recorder];
    sender.tell([first, second], "to two");
    sender.tell([], "to nobody");
    sender.say("to all");
    await until(() => [first, second, third].every(({ events }) => events.includes("0: to all")));
    expect([first, second, third].map((worker) => worker.texts())).toEqual([
      ["to two", "to all"],
      ["to two", "to all"],
      ["to all"],
    ]);
    expect(sender.events).toEqual([]);
  });

  test("send leaves out and counts those that are gone, and the sender itself", async () => {
    const [left, right, gone] = await rig.trio();
    gone.bus.close();
    await until(() => !left.knows(gone));
    left.tell([gone, right, left], "to who is left");
    left.tell([gone], "to nobody");
    left.say("marker");
    await until(() => right.texts().includes("marker"));
    expect(right.texts()).toEqual(["to who is left", "marker"]);
    expect(left.texts()).toEqual([]);
    expect(left.bus.counters.dropped.noPeer).toBe(3);
  });

  test("channels are apart, and what nobody subscribed to is dropped and counted", async () => {
    const [left, right] = await rig.pair();
    const other: string[] = [];
    right.bus.subscribe("other", { message: (_, payload) => other.push(payload.toString()) });
    left.bus.publish("nobody listens", Buffer.from("dropped"));
    left.bus.publish("other", Buffer.from("for the other"));
    left.say("for the first");
    await until(() => right.texts().length === 1);
    expect(right.texts()).toEqual(["for the first"]);
    expect(other).toEqual(["for the other"]);
    expect(right.bus.counters.dropped.noSubscriber).toBe(1);
  });

  test("a subscription ends, and the channel may have another", async () => {
    const [left, right] = await rig.pair();
    const kept: string[] = [];
    const end = right.bus.subscribe("other", { message: () => kept.push("first") });
    expect(() => right.bus.subscribe("other", { message: () => {} })).toThrow("has a subscriber");
    end();
    left.bus.publish("other", Buffer.from("dropped"));
    left.say("marker");
    await until(() => right.texts().length === 1);
    right.bus.subscribe("other", { message: () => kept.push("second") });
    end();
    left.bus.publish("other", Buffer.from("heard"));
    left.say("marker");
    await until(() => right.texts().length === 2);
    expect(kept).toEqual(["second"]);
  });

  test("binary payloads arrive intact, from none to 8 MB", async () => {
    const [left, right] = await rig.pair();
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const payloads = [Buffer.alloc(0), every, Buffer.alloc(8 * 1024 * 1024, every), Buffer.from("after it")];
    const heard: Buffer[] = [];
    right.bus.subscribe("binary", { message: (_, payload) => heard.push(Buffer.from(payload)) });
    for (const payload of payloads) left.bus.publish("binary", payload);
    await until(() => heard.length === payloads.length);
    expect(heard.map((payload, i) => payload.equals(payloads[i] as Buffer))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test("hundreds of channels are not mixed up", async () => {
    const [left, right] = await rig.pair();
    const heard: string[] = [];
    const channels = Array.from({ length: 700 }, (_, i) => i);
    for (const i of channels) {
      right.bus.subscribe(`many-${i}`, { message: (_, payload) => heard.push(`${i}=${payload}`) });
    }
    for (const i of [...channels, ...channels]) left.bus.publish(`many-${i}`, Buffer.from(`${i}`));
    await until(() => heard.length === 1400);
    const once = channels.map((i) => `${i}=${i}`);
    expect(heard).toEqual([...once, ...once]);
  });

  test("what is sent and received is counted: calls, copies, bytes", async () => {
    const [left, right, third] = await rig.trio();
    const before = [left, right].map(({ bus }) => structuredClone(bus.counters)) as [Counters, Counters];
    left.bus.publish(CHANNEL, numbered(0, 1000));
    left.tell([right], "text");
    await until(() => right.events.length === 2 && third.events.length === 1);
    const [sender, receiver] = [left.bus.counters, right.bus.counters];
    expect(sender.published - before[0].published).toBe(2);
    expect(sender.sent - before[0].sent).toBe(3);
    expect(sender.sentBytes - before[0].sentBytes).toBe(2004);
    expect(receiver.received - before[1].received).toBe(2);
    expect(receiver.receivedBytes - before[1].receivedBytes).toBe(1004);
  });
}

type Counters = Recorder["bus"]["counters"];
