/**
 * Promise: behind a balancer that knows no sessions, a reload of each host in turn is noticed by those clients only whose WebSocket one host carries
 * for another: they are told to reconnect, once for each reload of either host, at once, and every summary counts them.
 */

import { afterAll, beforeAll, expect, it } from "vitest";
import type { ChangeProgress } from "../../src/protocol/status.js";
import { expectHeardAcross, PACE } from "../helpers/site/people.js";
import { TestSite } from "../helpers/site/site.js";
import { flawsOf } from "../helpers/traffic/report.js";
import { Traffic } from "../helpers/traffic/traffic.js";

const HOSTS = 2;
const WORKERS = 2;
/** Those that upgrade, the last ones, have one socket each: so many sockets were disconnected as sessions were closed. */
const CLIENTS = { websocket: 9, polling: 9, upgrade: 9 };
/** A worker that waits for connections that nobody ends keeps its reload, and the test, as long as this. */
const DRAIN = ["--drain-timeout", "50s"];
/** By who was disconnected; what it had just said may not have been heard. */
const NOTICED = /upgrade, transport close|ids changed|(heard|farHeard): lost/;

let site: TestSite;
let traffic: Traffic | undefined;

beforeAll(async () => {
  site = await TestSite.start({ hosts: HOSTS, workers: WORKERS, env: PACE, args: DRAIN });
});
afterAll(async () => {
  await traffic?.end();
  await site?.end();
});

it("only who came by a tunnel between hosts is told to reconnect, and is counted", async () => {
  const front = await site.front("random");
  traffic = await Traffic.arrive(front.url, { clients: CLIENTS, every: 500, keepAlive: false });
  const changes: ChangeProgress[] = [];
  for (const { fleet } of site.hosts) {
    await fleet.command("reload", "--parallel", `${WORKERS}`);
    const { lastChange } = await fleet.status();
    if (lastChange !== null) changes.push(lastChange);
    await site.settled(traffic);
  }
  const report = await traffic.finish();

  expect(flawsOf(report).filter((flaw) => !NOTICED.test(flaw))).toEqual([]);
  const closed = changes.reduce((sum, change) => sum + change.closed, 0);
  const stayed = changes.flatMap((change) => Object.entries(change.stayed));
  expect(stayed.filter(([reason]) => reason !== "tunnel")).toEqual([]);
  expect(stayed.reduce((sum, [, count]) => sum + count, 0)).toBe(closed);
  expect(closed).toBeGreaterThan(0);
  expect(report.disconnects).toEqual({ "upgrade, transport close": closed });
  expect(report.newIds).toBe(closed);
  expect(report.moves).toBeGreaterThanOrEqual(CLIENTS.websocket + CLIENTS.polling);
  expectHeardAcross(report);
  // On a machine that does other things as well.
}, 90_000);
