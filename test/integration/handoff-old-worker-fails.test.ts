/**
 * Promise: when the old worker is killed in the middle of a handoff, its clients are served by the new one or come back to it, nothing reaches anybody
 * twice, and the fleet is whole again.
 */

import { afterAll, beforeAll, expect, it } from "vitest";
import type { Fault } from "../helpers/traffic/fault-orders.js";
import { flawsOf, type TrafficReport } from "../helpers/traffic/report.js";
import { UnderTraffic } from "../helpers/traffic/under-traffic.js";

const CLIENTS = { websocket: 36, polling: 6, upgrade: 6 };
const SESSIONS = 48;
/** Some clients have two. */
const SOCKETS = 53;
/** The first batches have a few sessions each: this socket is in a later one. */
const LATER_BATCH = 25;

/** Milliseconds; heartbeats are overdue after 22 s. */
const ANSWERED_WITHIN = 15_000;

let under: UnderTraffic;
beforeAll(async () => {
  // Connections of the old worker are reset: no client of Node may keep one that way.
  const clients = { clients: CLIENTS, keepAlive: false, settleWithin: 1_000 };
  under = await UnderTraffic.start({ workers: 1 }, clients);
});
afterAll(async () => {
  expect(await under.end()).toBe(0);
});

/** Who is not answered is asked again; a client that would have to wait for an overdue heartbeat is one of those that are left. */
async function unansweredAtLast(): Promise<string[]> {
  const deadline = Date.now() + ANSWERED_WITHIN;
  for (;;) {
    const left = await under.traffic.unanswered();
    if (left.length === 0 || Date.now() > deadline) return left;
  }
}

/** What nobody may see even of a worker that was killed. Lost is what it had in its hands. */
function graveFlawsOf(report: TrafficReport): string[] {
  return flawsOf(report).filter((flaw) => /doubled|out of order|wrongly|not connected/.test(flaw));
}

it.each<Fault>([
  { at: "loading", victim: "other" },
  { at: "listening", victim: "other" },
  { at: "departed", victim: "self" },
  { at: "recovered", victim: "other" },
  { at: "departed", nth: LATER_BATCH, victim: "self" },
  { at: "recovered", nth: LATER_BATCH, victim: "other" },
  { at: "recovered", nth: SOCKETS, victim: "other" },
])("%o: the fleet is whole again, with all its clients", async (fault) => {
  const { fleet, faults, traffic } = under;
  const old = await fleet.pidOf(0);
  faults.order(fault);
  await under.reload();
  expect(faults.carriedOut).toBe(true);
  await fleet.until("the fleet is whole", async () => {
    const { workers } = await fleet.status();
    return workers.length === 1 && workers[0]?.state === "ready" && workers[0].pid !== old;
  });
  expect(await unansweredAtLast()).toEqual([]);
  expect(graveFlawsOf(await traffic.report())).toEqual([]);
});

it("a reload in which nobody dies moves them all, and they all still talk", async () => {
  const { change } = await under.reload();
  expect({ moved: change.moved, closed: change.closed }).toEqual({ moved: SESSIONS, closed: 0 });
  const report = await under.traffic.finish();
  expect([graveFlawsOf(report), report.examples.filter((line) => line.includes("no account"))]).toEqual([
    [],
    [],
  ]);
});
