/**
 * Promise: whatever becomes of the new worker, and whenever, the old one serves on and no client is disconnected. The app itself ends or stops
 * the new worker at a place of the handoff, so that each phase is hit for certain.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../helpers/traffic/fault-orders.js";
import { flawsOf } from "../helpers/traffic/report.js";
import { UnderTraffic } from "../helpers/traffic/under-traffic.js";

const CLIENTS = { websocket: 36, polling: 6, upgrade: 6 };
const SESSIONS = 48;
/** Some clients have two. */
const SOCKETS = 53;
/** The first batches have a few sessions each: this socket is in a later one. */
const LATER_BATCH = 25;
/** Not the very last: a session that is busy for long follows when the new worker has taken over, and goes with it then. */
const NEARLY_ALL = 40;

let under: UnderTraffic;
/** The worker that is to serve on, reload for reload. */
let pid: number;
beforeAll(async () => {
  // What a worker had in its hands is lost with it, so that not everything settles in the end.
  const clients = { clients: CLIENTS, settleWithin: 1_000 };
  under = await UnderTraffic.start({ workers: 1, args: ["--boot-timeout", "6s"] }, clients);
  pid = await under.fleet.pidOf(0);
});
afterAll(async () => {
  expect(await under.end()).toBe(0);
});

/** A reload in which the new worker fails. @returns what the clients noticed of it, beyond what they had before */
async function reloadWith(fault: Fault): Promise<string[]> {
  const { faults } = under;
  const before = await disconnects();
  faults.order(fault);
  const { failed, status } = await under.reload();
  expect(failed).toContain("ERR_RELOAD_FAILED");
  expect([faults.carriedOut, failed]).toEqual([true, failed]);
  expect(status.workers.map((worker) => [worker.pid, worker.state])).toEqual([[pid, "ready"]]);
  return (await disconnects()).filter((flaw) => !before.includes(flaw));
}

/** What is open now, and what is lost, is told when all is over. */
async function disconnects(): Promise<string[]> {
  const report = await under.traffic.report();
  expect(report.sockets).toBe(SOCKETS);
  return flawsOf(report).filter((flaw) => /disconnected|connect|ids/.test(flaw));
}

describe("the new worker has no session yet", () => {
  it.each<Fault>([
    { at: "loading" },
    { at: "loading", signal: "SIGSTOP" },
    { at: "listening" },
    { at: "listening", signal: "SIGSTOP" },
    { at: "departed", victim: "other" },
    { at: "departed", victim: "other", signal: "SIGSTOP" },
  ])("%o: nobody is disconnected", async (fault) => {
    expect(await reloadWith(fault)).toEqual([]);
  });

  it("nothing was lost, doubled or out of order in all these reloads", async () => {
    const report = await under.traffic.report();
    const flaws = flawsOf(report).filter((flaw) => !flaw.includes("not answered"));
    expect([flaws, report.examples]).toEqual([[], []]);
  });
});

describe("the new worker has sessions already", () => {
  it.each<Fault>([
    { at: "recovered" },
    { at: "departed", nth: LATER_BATCH, victim: "other" },
    { at: "departed", nth: LATER_BATCH, victim: "other", signal: "SIGSTOP" },
    { at: "recovered", nth: LATER_BATCH },
    { at: "recovered", nth: NEARLY_ALL },
    { at: "recovered", nth: NEARLY_ALL, signal: "SIGSTOP" },
  ])("%o: nobody is disconnected", async (fault) => {
    expect(await reloadWith(fault)).toEqual([]);
  });
});

it("all sessions move in the next reload, and everybody still talks", async () => {
  const { failed, change } = await under.reload();
  expect(failed).toBeUndefined();
  expect({ moved: change.moved, closed: change.closed }).toEqual({ moved: SESSIONS, closed: 0 });
  const report = await under.traffic.finish();
  expect(flawsOf(report).filter((flaw) => /connect|ids/.test(flaw))).toEqual([]);
  expect(report.examples.filter((line) => line.includes("no account"))).toEqual([]);
});
