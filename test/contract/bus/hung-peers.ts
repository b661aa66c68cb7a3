/** Contract: a peer that is silent for too long. */

import { expect, test } from "vitest";
import type { Rig } from "./rig.js";
import { until } from "./until.js";

/** Long enough that a busy machine is not taken for a hung peer. Milliseconds. */
const HUNG_AFTER = 500;
const options = { hungAfter: HUNG_AFTER };

export function hungPeerTests(rig: Rig): void {
  test("a peer that is silent for too long is hung, stays a peer, and gets what waited for it", async () => {
    const [left, right, other] = await rig.trio(options);
    rig.carrier.stall(right.bus);
    left.say("before it was known");
    await until(() => left.of(right).includes("hung") && other.of(right).includes("hung"));
    expect(left.knows(right)).toBe(true);
    left.tell([right], "while it was known");
    rig.carrier.resume(right.bus);
    await until(() => left.of(right).includes("back") && right.of(left).includes("while it was known"));
    expect(left.of(right)).toEqual(["hung", "back"]);
    expect(right.texts()).toEqual(["before it was known", "while it was known"]);
  });

  test("peerBack comes before what the peer says next", async () => {
    const [left, right, witness] = await rig.trio(options);
    rig.carrier.stall(right.bus);
    await until(() => left.of(right).includes("hung"));
    for (let i = 0; i < 20; i++) right.say(`${i}`);
    witness.say("marker");
    await until(() => left.of(witness).includes("marker"));
    expect(left.of(right)).toEqual(["hung"]);
    rig.carrier.resume(right.bus);
    await until(() => left.of(right).includes("19"));
    const said = Array.from({ length: 20 }, (_, i) => `${i}`);
    expect(left.of(right)).toEqual(["hung", "back", ...said]);
  });

  test("a peer that goes down hung goes down, without coming back", async () => {
    const [left, right] = await rig.pair(options);
    rig.carrier.stall(right.bus);
    await until(() => left.of(right).includes("hung"));
    rig.carrier.kill(right.bus);
    await until(() => !left.knows(right));
    expect(left.of(right)).toEqual(["hung", "down"]);
  });

  test("a peer may hang more than once, and one that has nothing to say never does", async () => {
    const [left, sleeper, idle] = await rig.trio(options);
    for (const round of [1, 2]) {
      rig.carrier.stall(sleeper.bus);
      await until(() => left.of(sleeper).filter((event) => event === "hung").length === round);
      rig.carrier.resume(sleeper.bus);
      await until(() => left.of(sleeper).filter((event) => event === "back").length === round);
    }
    expect(left.of(sleeper)).toEqual(["hung", "back", "hung", "back"]);
    expect(left.of(idle), "silent for twice as long as makes one hung").toEqual([]);
  });
}
