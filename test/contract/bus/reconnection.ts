/** Contract: a link that breaks between two that live. */

import { expect, test } from "vitest";
import { CHANNEL, numbered, type Recorder } from "./recorder.js";
import type { Rig } from "./rig.js";
import { actUntil, until } from "./until.js";

/** Both have lost the other, and found it again. */
function reconnected(one: Recorder, other: Recorder): boolean {
  const both: [Recorder, Recorder][] = [
    [one, other],
    [other, one],
  ];
  return both.every(([self, peer]) => self.of(peer).includes("down") && self.of(peer).includes("up"));
}

export function reconnectionTests(rig: Rig): void {
  test("a link that breaks is a peer that goes and comes, at both ends, and then carries messages again", async () => {
    const [left, right] = await rig.pair();
    left.say("before");
    await until(() => right.texts().length === 1);
    rig.carrier.cut(left.bus, right.bus);
    await until(() => reconnected(left, right));
    left.say("after");
    right.say("after");
    await until(() => right.texts().includes("after") && left.texts().includes("after"));
    expect(right.of(left)).toEqual(["before", "down", "up", "after"]);
    expect(left.of(right)).toEqual(["down", "up", "after"]);
    expect(left.bus.peers()).toEqual([right.bus.self]);
  });

  test("a link that breaks under traffic delivers nothing twice or late, and loses nothing but across peerDown", async () => {
    const [left, right] = await rig.pair();
    let sent = 0;
    const speak = (): void => {
      for (const { bus } of [left, right]) bus.publish(CHANNEL, numbered(sent));
      sent += 1;
    };
    for (let i = 0; i < 20; i++) speak();
    rig.carrier.cut(left.bus, right.bus);
    await actUntil(speak, () => reconnected(left, right));
    const last = sent;
    speak();
    await until(() => [left, right].every((worker) => worker.texts().includes(`#${last}`)));
    for (const heard of [right.of(left), left.of(right)]) checkSegments(heard, last);
  });

  test("a loss that was not told before the link broke is not told after it", async () => {
    const limit = 256 * 1024;
    const [left, right] = await rig.pair({ queueLimit: limit });
    rig.carrier.stall(right.bus);
    await actUntil(
      () => left.bus.publish(CHANNEL, numbered(0, limit / 8)),
      () => left.bus.counters.dropped.overflow > 0,
    );
    rig.carrier.cut(left.bus, right.bus);
    rig.carrier.resume(right.bus);
    await until(() => reconnected(left, right));
    left.say("after");
    await until(() => right.texts().includes("after"));
    const events = right.of(left);
    expect(events.slice(events.indexOf("down"))).toEqual(["down", "up", "after"]);
    expect(events.filter((event) => event.startsWith("lost"))).toEqual([]);
    expect(left.of(right)).not.toContain("fits");
  });
}

/** Between two `down` the numbers follow one another; from one such stretch to the next they only grow. */
function checkSegments(heard: readonly string[], last: number): void {
  let previous = -1;
  let gapAllowed = false;
  for (const event of heard) {
    if (event === "down") gapAllowed = true;
    if (!event.startsWith("#")) continue;
    const number = Number(event.slice(1));
    if (gapAllowed) expect(number).toBeGreaterThan(previous);
    else expect(number).toBe(previous + 1);
    previous = number;
    gapAllowed = false;
  }
  expect(previous).toBe(last);
}
