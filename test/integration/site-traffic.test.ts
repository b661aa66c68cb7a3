/**
 * Promise: three hosts that share Redis are one site for every client, whatever balancer stands in front, and nobody notices a reload.
 * Whatever is said is numbered: it comes once, in order, and from all hosts.
 */

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RealProxy } from "../helpers/real-proxy.js";
import {
  arrive,
  endCrowds,
  expectCounts,
  expectHeardAcross,
  expectNoFlaws,
  expectPythonServed,
  PACE,
} from "../helpers/site/people.js";
import { TestSite } from "../helpers/site/site.js";

const HOSTS = 3;
const WORKERS = 2;

let site: TestSite;
let bySid: RealProxy;

beforeAll(async () => {
  site = await TestSite.start({ hosts: HOSTS, workers: WORKERS, env: PACE });
  bySid = await site.front("sid");
});
afterAll(() => site?.end());
afterEach(endCrowds);

it("behind nginx that reads the sid nobody meets an error, and all hosts count everybody", async () => {
  const traffic = await arrive(bySid.url);
  await expectCounts(site.hosts, await traffic.members("/"), HOSTS * WORKERS);
  const hosts = await traffic.hosts();
  const report = await traffic.finish();
  expectNoFlaws(report);
  expectHeardAcross(report);
  expect(Object.keys(hosts).sort()).toEqual(["h0", "h1", "h2"]);
  await expectPythonServed(bySid.url, 3);
});

it("behind a balancer that goes round robin, too", async () => {
  const front = await site.front("round-robin");
  const traffic = await arrive(front.url);
  await expectCounts(site.hosts, await traffic.members("/"), HOSTS * WORKERS);
  const report = await traffic.finish();
  expectNoFlaws(report);
  expectHeardAcross(report);
  await expectPythonServed(front.url, 3);
});

it("a reload of each host in turn disconnects nobody, and nothing is lost, doubled or out of order", async () => {
  const traffic = await arrive(bySid.url);
  await traffic.newcomers(5);
  for (const { fleet } of site.hosts) await fleet.command("reload", "--parallel", `${WORKERS}`);
  await traffic.newcomers(0);
  const report = await traffic.finish();
  expectNoFlaws(report);
  expectHeardAcross(report);
  expect(report.moves).toBeGreaterThan(0);
  // On a machine that does other things as well.
}, 120_000);
