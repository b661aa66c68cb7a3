/**
 * Promise: while Redis is away, for one host or for all, every host serves its own clients as if nothing were; nobody is declared dead, nothing
 * comes twice or out of order, and when Redis is back everything is exact again by itself.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RealProxy } from "../helpers/real-proxy.js";
import {
  arrive,
  endCrowds,
  expectCounts,
  expectHeardAcross,
  expectNoFlaws,
  flawsButLossBetweenHosts,
  PACE,
} from "../helpers/site/people.js";
import { LEASE, TestSite } from "../helpers/site/site.js";
import type { Traffic } from "../helpers/traffic/traffic.js";

const WORKERS = 2;
/** Longer than the lease. Milliseconds. */
const AWAY = LEASE + 1_000;

let site: TestSite;
let front: RealProxy;

beforeAll(async () => {
  site = await TestSite.start({ hosts: 3, workers: WORKERS, env: PACE });
  front = await site.front("sid");
});
afterAll(() => site?.end());
afterEach(endCrowds);

/** Clients that come now see nothing of what was. */
async function expectExact(): Promise<void> {
  await site.complete();
  const traffic = await arrive(front.url);
  await expectCounts(site.hosts, await traffic.members("/"), 3 * WORKERS);
  const report = await traffic.finish();
  expectNoFlaws(report);
  expectHeardAcross(report);
}

/** During a fault everybody is served by their own host; between the hosts something may be lost, and nothing else. */
async function expectServedWhile(traffic: Traffic, fault: () => Promise<void>): Promise<void> {
  await fault();
  expect(await traffic.unanswered()).toEqual([]);
}

async function expectOnlyLoss(traffic: Traffic): Promise<void> {
  const report = await traffic.finish();
  expect({ flaws: flawsButLossBetweenHosts(report), examples: report.examples }).toMatchObject({ flaws: [] });
  expectHeardAcross(report);
}

it("a host that is cut off from Redis serves on; the others lose nothing of each other", async () => {
  const traffic = await arrive(front.url);
  const cut = site.hosts[1];
  if (cut === undefined) throw new Error("three hosts were started");
  await expectServedWhile(traffic, async () => {
    await cut.route.cut();
    await cut.fleet.until("Redis is down", async () => (await cut.fleet.status()).site?.redis === "down");
    await site.alone(cut);
  });
  await cut.route.heal();
  await site.complete();
  const report = await traffic.finish();
  expect({ flaws: flawsButLossBetweenHosts(report), examples: report.examples }).toMatchObject({ flaws: [] });
  // Of what was lost, each loss concerns the host that was cut off.
  const others = report.farLosses.filter(({ from, to }) => from !== cut.place.name && to !== cut.place.name);
  expect(others).toEqual([]);
  await expectExact();
});

it("Redis that stands still for longer than the lease: no host is taken for dead, and everything is exact afterwards", async () => {
  const traffic = await arrive(front.url);
  await expectServedWhile(traffic, async () => {
    site.redis.freeze();
    await sleep(AWAY);
  });
  site.redis.thaw();
  await site.complete();
  await expectOnlyLoss(traffic);
  for (const { fleet } of site.hosts) expect(fleet.stdout + fleet.stderr).not.toMatch(/host .* is gone/);
  await expectExact();
});

it("Redis that is killed and comes back empty", async () => {
  const traffic = await arrive(front.url);
  await expectServedWhile(traffic, async () => {
    await site.redis.kill();
    for (const { fleet } of site.hosts)
      await fleet.until("Redis is down", async () => (await fleet.status()).site?.redis === "down");
  });
  await site.redis.start();
  await site.complete();
  await expectOnlyLoss(traffic);
  await expectExact();
});
