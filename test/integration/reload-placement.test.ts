/** Promise: after a reload the policy places new sessions as it did before: every slot takes part, and clients in between find their worker. */

import { afterEach, expect, it } from "vitest";
import { talk } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { Visitors } from "../helpers/visitors.js";

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop();
});

async function slotsOf(url: string): Promise<number[]> {
  const { slots, errors } = await talk(url, "polling", 24);
  expect(errors).toEqual([]);
  return [...slots];
}

it("ip-hash: one address meets one worker, before, and again afterwards", async () => {
  fleet = await startFleet("apps/echo.mjs", { workers: 3, args: ["--policy", "ip-hash"] });
  const { url } = fleet;
  const before = await slotsOf(url);
  expect(before).toHaveLength(1);
  const visitors = await Visitors.arrive(url, 12);
  fleet.process.kill("SIGHUP");
  await fleet.until("the reload finished", () => /reload to generation 2 finished/.test(fleet?.stderr ?? ""));
  await visitors.allBack();
  visitors.leave();
  expect(await slotsOf(url)).toEqual(before);
});
