/** Contract: the longest message that a carrier takes, and one that is longer. */

import { expect, test } from "vitest";
import { numbered } from "./recorder.js";
import type { Rig } from "./rig.js";
import { until } from "./until.js";

const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, i) => i));

export function largestMessageTests(rig: Rig): void {
  test("a message of maxPayload bytes arrives, a longer one is dropped and counted, and what comes behind it arrives", {
    timeout: 30_000,
  }, async () => {
    const [left, right] = await rig.pair();
    const { maxPayload, counters } = left.bus;
    const longer = Buffer.alloc(maxPayload + 1, PATTERN);
    const longest = longer.subarray(0, maxPayload);
    const heard: string[] = [];
    right.bus.subscribe("large", {
      message: (_, payload) =>
        heard.push(payload.length > 100 ? `same: ${payload.equals(longest)}` : "small"),
    });
    const publish = (payload: Buffer): void => left.bus.publish("large", payload);
    publish(longest);
    await until(() => heard.length === 1);
    publish(longer);
    left.bus.send([right.bus.self], "large", longer);
    publish(numbered(1));
    await until(() => heard.length === 2);
    expect(heard).toEqual(["same: true", "small"]);
    expect(counters.dropped).toMatchObject({ tooLarge: 2, overflow: 0, volatile: 0 });
    expect(right.notices()).toEqual([]);
  });
}
