/** Promise: nobody notices that the number of workers changes: sessions of a slot that goes move to the slots that stay. */

import { afterEach, expect, it } from "vitest";
import { flawsOf } from "../helpers/traffic/report.js";
import { UnderTraffic } from "../helpers/traffic/under-traffic.js";

let under: UnderTraffic | undefined;
afterEach(async () => {
  expect(await under?.end()).toBe(0);
});

it("2, 4 and 2 workers again under traffic: no disconnect, nothing lost, doubled or out of order", async () => {
  under = await UnderTraffic.start({ workers: 2 }, { clients: { websocket: 30, polling: 10, upgrade: 6 } });
  const { traffic } = under;
  expect((await under.scale(4, "--rebalance")).failed).toBeUndefined();
  await traffic.newcomers(10);
  const { failed, change } = await under.scale(2);
  expect(failed).toBeUndefined();
  expect({ closed: change.closed, stayed: change.stayed }).toEqual({ closed: 0, stayed: {} });
  const report = await traffic.finish();
  expect([flawsOf(report), report.examples]).toEqual([[], []]);
  // Somebody was on the slots that went.
  expect(report.moves).toBeGreaterThan(0);
});
