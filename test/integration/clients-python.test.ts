/** Promise: the official Python client works on three workers, on every transport, without one fault. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerOf } from "../../src/routing/sid.js";
import { TRANSPORTS } from "../helpers/clients/official-clients.js";
import { checkPythonClient, type PythonReport, runPythonSessions } from "../helpers/clients/python-client.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const SESSIONS = 20;
const SHOUTS = ["from slot 0", "from slot 1", "from slot 2"];

let fleet: Fleet | undefined;
beforeAll(async () => {
  await checkPythonClient();
  fleet = await startFleet("apps/contract.mjs", {
    workers: 3,
    // Policy round-robin: so few sessions are on all workers for sure, most of them not on the one that accepted them.
    args: ["--policy", "round-robin"],
    env: { PING_INTERVAL: "600", PING_TIMEOUT: "4000" },
  });
});
afterAll(async () => {
  expect(await fleet?.stop()).toBe(0);
});

describe.each(TRANSPORTS)("python-socketio by $name", ({ transports }) => {
  let reports: readonly PythonReport[];
  beforeAll(async () => {
    const url = fleet?.url ?? "";
    reports = await runPythonSessions({ url, transports, sessions: SESSIONS, heartbeats: 2 });
  });

  it(`connects ${SESSIONS} sessions, on all workers, each served by the worker that its id names`, () => {
    expect(reports).toHaveLength(SESSIONS);
    for (const { sid, slots, transport } of reports) {
      expect(transport).toBe(transports.at(-1));
      const slot = ownerOf(sid)?.slot;
      expect(slots).toEqual([slot, slot]);
    }
    expect(new Set(reports.flatMap(({ slots }) => slots))).toEqual(new Set([0, 1, 2]));
  });

  it("echoes text and bytes, in two namespaces", () => {
    expect(reports.map(({ echoed }) => echoed)).toEqual(Array(SESSIONS).fill(true));
  });

  it("hears what is said to a room on any worker, once, and stays through two heartbeats without a fault", () => {
    for (const { shouts, heartbeats, faults } of reports) {
      expect(shouts).toEqual(SHOUTS);
      expect(heartbeats).toBeGreaterThanOrEqual(2);
      expect(faults).toEqual([]);
    }
  });
});
