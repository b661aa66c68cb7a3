/** Promise: after a reload the policy places new sessions as it did before: every slot takes part, and clients in between find their worker. */

import { afterEach, expect, it } from "vitest";
import { handshake } from "../helpers/clients/handshake.js";
import { talk } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { Visitors } from "../helpers/visitors.js";

const ADDRESSES = Array.from({ length: 30 }, (_, index) => `203.0.113.${index + 1}`);

let fleet: Fleet;
afterEach(async () => {
  await fleet?.stop();
});

/** Of a new session from each address: a slot that is missing anywhere shows in it, whoever accepts the connections. */
async function placedByAddress(): Promise<number[]> {
  const opened = ADDRESSES.map((address) => handshake(fleet, { "X-Forwarded-For": address }));
  return (await Promise.all(opened)).map(({ slot }) => slot);
}

async function slotsOfOneAddress(): Promise<number[]> {
  const { slots, errors } = await talk(fleet.url, "polling", 24);
  expect(errors).toEqual([]);
  return [...slots];
}

it("ip-hash: one address meets one worker, before, and again afterwards", async () => {
  const args = ["--policy", "ip-hash", "--trust-proxy", "loopback"];
  fleet = await startFleet("apps/echo.mjs", { workers: 3, args });
  const [before, own] = [await placedByAddress(), await slotsOfOneAddress()];
  expect(new Set(before)).toEqual(new Set([0, 1, 2]));
  expect(own).toHaveLength(1);
  const visitors = await Visitors.arrive(fleet.url, 12);
  fleet.process.kill("SIGHUP");
  await fleet.until("the reload finished", () => /reload to generation 2 finished/.test(fleet.stderr));
  expect(await placedByAddress()).toEqual(before);
  expect(await slotsOfOneAddress()).toEqual(own);
  await visitors.allBack();
  visitors.leave();
});
