/** Test helper: the clients of a site: unchanged ones of all kinds in numbered talk, some in Python, and one that asks who is there. */

import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { type PythonReport, runPythonSessions } from "../clients/python-client.js";
import type { CrowdOptions } from "../traffic/crowd.js";
import type { Kind, TrafficReport } from "../traffic/report.js";
import { flawsOf } from "../traffic/report.js";
import { Traffic } from "../traffic/traffic.js";
import { Asker } from "./asker.js";
import type { TestHost } from "./host.js";

/** As few as show everything: what the machine of the tests has time for. */
export const CROWD: Readonly<Partial<Record<Kind, number>>> = {
  websocket: 24,
  polling: 15,
  upgrade: 15,
  eio3: 6,
  "eio3-polling": 6,
};

/** Paces of the app; the clients speak as often. Milliseconds. */
export const PACE = { TICK: "500", BROADCAST: "400", QUESTION: "1500" };
const EVERY = 500;

const crowds = new Set<Traffic>();

/** @returns when every client is connected and talks */
export async function arrive(url: string, options: Partial<CrowdOptions> = {}): Promise<Traffic> {
  const traffic = await Traffic.arrive(url, { clients: CROWD, every: EVERY, ...options });
  crowds.add(traffic);
  return traffic;
}

/** Crowds of tests that failed do not disturb the next one. */
export async function endCrowds(): Promise<void> {
  for (const traffic of crowds) await traffic.end();
  crowds.clear();
}

/** Losses between hosts while they cannot hear each other are no fault; anything twice or out of order is. */
export function flawsButLossBetweenHosts(report: TrafficReport): string[] {
  return flawsOf(report).filter((flaw) => !/^\d+ (far|farHeard): lost$/.test(flaw));
}

/** For the message of an assertion: what a crowd saw. */
export function expectNoFlaws(report: TrafficReport): void {
  expect({ flaws: flawsOf(report), examples: report.examples }).toEqual({ flaws: [], examples: [] });
}

/** Broadcasts of all hosts came to all: a site whose hosts do not hear each other would have no faults to show. */
export function expectHeardAcross({ streams }: TrafficReport): void {
  expect(Math.min(streams.far.received, streams.all.received, streams.room.received)).toBeGreaterThan(0);
}

/**
 * Asks each host; they must all tell the same. That a host has its first socket is news for the others, which takes its time: it is waited for.
 * @param there sockets of the main namespace, the askers not counted
 */
export async function expectCounts(
  hosts: readonly TestHost[],
  there: number,
  workers: number,
): Promise<void> {
  const askers = await Promise.all(hosts.map((host) => Asker.open(host)));
  try {
    const tell = () => Promise.all(askers.map(async (asker) => [await asker.who(), await asker.servers()]));
    const all = hosts.map(() => [there + askers.length, workers]);
    const [first] = hosts;
    await first?.fleet
      .until("everybody is known", async () => isDeepStrictEqual(await tell(), all), 10_000)
      // What is told then says more than that it was not in time.
      .catch(() => undefined);
    expect(await tell()).toEqual(all);
  } finally {
    for (const asker of askers) asker.leave();
  }
}

/**
 * Sessions of python-socketio that echo, join a room of all workers and count heartbeats. The app must have fallen silent: this client handles each
 * packet in a thread of its own, and confuses what bytes belong to where many come (python-engineio 4.3).
 * @param of sessions on each transport
 */
export async function expectPythonServed(url: string, of: number): Promise<void> {
  const reports: PythonReport[] = [];
  for (const transport of ["polling", "websocket"] as const) {
    const order = { url, transports: [transport], sessions: of, heartbeats: 1 };
    reports.push(...(await runPythonSessions(order)));
  }
  const wrong = reports.filter(
    ({ echoed, faults, shouts }) => !echoed || faults.length > 0 || shouts.length === 0,
  );
  expect(wrong).toEqual([]);
}
