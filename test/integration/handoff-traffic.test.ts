/**
 * Promise: nobody notices a reload. Unchanged clients of every transport, in numbered talk in both directions, through two reloads in a row, while
 * new clients come and go.
 */

import { afterEach, beforeEach, expect, it } from "vitest";
import { flawsOf } from "../helpers/traffic/report.js";
import { UnderTraffic } from "../helpers/traffic/under-traffic.js";

const CLIENTS = { websocket: 40, polling: 15, upgrade: 10, eio3: 4 };
const SESSIONS = 69;

let under: UnderTraffic;
/** On a machine that does much else besides. Milliseconds. */
const LONGEST = 180_000;

beforeEach(async () => {
  under = await UnderTraffic.start(
    { workers: 2, env: { TICK: "400", BROADCAST: "400" } },
    { clients: CLIENTS, every: 400 },
  );
});
afterEach(async () => {
  expect(await under.end()).toBe(0);
});

it(
  "two reloads: no disconnect, nothing lost, doubled or out of order, the same ids; every newcomer connects",
  async () => {
    const { traffic } = under;
    await traffic.newcomers(10);
    const outcomes = [await under.reload(), await under.reload("--parallel", "2")];
    const report = await traffic.finish();
    const noticed = outcomes.map(({ failed, change: { done, closed, stayed } }) => ({
      failed,
      done,
      closed,
      stayed,
    }));
    const nothing = { failed: undefined, done: 2, closed: 0, stayed: {} };
    expect([noticed, flawsOf(report), report.examples]).toEqual([[nothing, nothing], [], []]);
    // Newcomers move as well, and may leave before they do.
    for (const { change } of outcomes) expect(change.moved).toBeGreaterThanOrEqual(SESSIONS);
    // Every socket was told twice that it had moved; a crowd that has not talked would have noticed nothing.
    expect(report.moves).toBeGreaterThanOrEqual(2 * report.sockets);
    expect(report.newcomers.came).toBeGreaterThan(20);
    // There is no other host.
    const { far, farHeard, ...near } = report.streams;
    expect([far.received, farHeard.received]).toEqual([0, 0]);
    for (const { received } of Object.values(near)) expect(received).toBeGreaterThan(report.sockets);
    for (const { answered } of Object.values(report.asks)) expect(answered).toBeGreaterThan(report.sockets);
  },
  LONGEST,
);
