/** Promise: a host that dies costs its own clients a reconnection and the others nothing; hosts may come and go while everybody talks. */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RealProxy } from "../helpers/real-proxy.js";
import { Asker } from "../helpers/site/asker.js";
import {
  arrive,
  endCrowds,
  expectCounts,
  expectHeardAcross,
  expectNoFlaws,
  PACE,
} from "../helpers/site/people.js";
import { LEASE, TestSite } from "../helpers/site/site.js";
import { flawsOf } from "../helpers/traffic/report.js";

const WORKERS = 2;
/** They know the address of the host that comes. */
const GUESTS = { websocket: 4, polling: 2 };
/** On top of the lease, for a machine that is busy: workers are waited for 3 s, and hosts no longer than the lease. Milliseconds. */
const MARGIN = 5_000;

let site: TestSite;
let front: RealProxy;

beforeAll(async () => {
  site = await TestSite.start({ hosts: 3, workers: WORKERS, env: PACE });
  front = await site.front("sid");
});
afterAll(() => site?.end());
afterEach(endCrowds);

it("a host joins and leaves under traffic; only who came to it has to go elsewhere", async () => {
  const traffic = await arrive(front.url);
  const there = await traffic.members("/");
  const joined = await site.launch();
  await joined.fleet.ready();
  await site.complete();
  await expectCounts(site.hosts, there, 4 * WORKERS);
  const guests = await arrive(joined.url, { clients: GUESTS });
  await expectCounts(site.hosts, there + (await guests.members("/")), 4 * WORKERS);
  await joined.fleet.stop();
  await site.complete();
  await guests.end();
  await expectCounts(site.living, there, 3 * WORKERS);
  const report = await traffic.finish();
  expectNoFlaws(report);
  expectHeardAcross(report);
  // What the clients heard of the host that came was numbered from 1 on.
  expect(report.heardPlaces).toContain(joined.place.name);
});

it("a host that is killed: its clients reconnect, the others see nothing, and questions are answered within the lease", async () => {
  // A kept connection through nginx to the host that dies may be reset; see CrowdOptions.keepAlive.
  const traffic = await arrive(front.url, { keepAlive: false });
  const there = await traffic.members("/");
  const hosts = await traffic.hosts();
  const [stays, dies] = [site.hosts[0], site.hosts[2]];
  if (stays === undefined || dies === undefined) throw new Error("three hosts were started");
  const asker = await Asker.open(stays);
  const named = dies.place.name;
  await dies.kill();
  const killed = performance.now();
  // Nobody has been told yet: what the dead host would have answered is missed.
  const some = await asker.who();
  expect(performance.now() - killed).toBeLessThan(LEASE + MARGIN);
  expect(some).toBeLessThanOrEqual(there + 1);
  await site.complete();
  await site.settled(traffic);
  await expectCounts(site.living, there + 1, 2 * WORKERS);
  asker.leave();
  const report = await traffic.finish([named]);
  expect(report.disconnectsAt).toEqual({ [named]: hosts[named] });
  expect(report.newIds).toBe(hosts[named]);
  // Who was disconnected has noticed, and what it had just said may not have been heard.
  const noticed = /disconnected|could not connect|ids changed|(heard|farHeard): lost/;
  const flaws = flawsOf(report).filter((flaw) => !noticed.test(flaw));
  expect({ flaws, examples: report.examples }).toMatchObject({ flaws: [] });
  expectHeardAcross(report);
});
