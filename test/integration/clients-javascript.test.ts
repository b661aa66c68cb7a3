/** Promise: the official JavaScript clients of every major version work on three workers, on every transport, without one fault. */

import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientSession } from "../helpers/clients/client-session.js";
import {
  echoTextAndBytes,
  expectOwnersToServe,
  heartbeats,
  openSessions,
  shoutFromEachSlot,
  shoutsHeard,
} from "../helpers/clients/conversation.js";
import { CLIENT_V2, CLIENT_V3, CLIENT_V4, TRANSPORTS } from "../helpers/clients/official-clients.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const WORKERS = 3;
const SESSIONS = 20;
/** A heartbeat often; room for a busy machine in what may pass without one. Milliseconds. */
const HEARTBEAT = { PING_INTERVAL: "600", PING_TIMEOUT: "4000" };

let fleet: Fleet;
beforeAll(async () => {
  // Policy round-robin: so few sessions are on all workers for sure, most of them not on the one that accepted them.
  const args = ["--policy", "round-robin"];
  fleet = await startFleet("apps/contract.mjs", { workers: WORKERS, args, env: HEARTBEAT });
});
afterAll(async () => {
  expect(await fleet.stop()).toBe(0);
});

describe.each([CLIENT_V4, CLIENT_V3, CLIENT_V2])("$name", (client) => {
  describe.each(TRANSPORTS)("by $name", ({ transports }) => {
    // One pool of connections for all: sessions of different workers meet on them.
    const agent = new Agent({ keepAlive: true });
    let sessions: ClientSession[];

    beforeAll(async () => {
      sessions = await openSessions(fleet, client, { transports, agent }, SESSIONS);
    });
    afterAll(() => {
      for (const session of sessions) session.close();
      agent.destroy();
    });

    it(`connects ${SESSIONS} sessions, on all workers, each served by the worker that its id names`, async () => {
      const last = transports.at(-1) as (typeof transports)[number];
      await Promise.all(sessions.map((session) => session.travelsBy(last)));
      expect(new Set(sessions.map(({ slot }) => slot))).toEqual(new Set([0, 1, 2]));
      expectOwnersToServe(sessions);
    });

    it("echoes text and bytes, in two namespaces", async () => {
      await echoTextAndBytes(sessions);
      const seconds = await Promise.all(sessions.map((session) => session.join("/second")));
      expect(seconds.map(({ slot }) => slot)).toEqual(sessions.map(({ slot }) => slot));
      await echoTextAndBytes(seconds);
      expect(seconds.flatMap(({ faults }) => faults)).toEqual([]);
    });

    it("hears what is said to a room on any worker, once, and stays through two heartbeats without a fault", async () => {
      const shouts = await shoutFromEachSlot(sessions);
      await heartbeats(sessions, 2);
      for (const session of sessions) expect(shoutsHeard(session)).toEqual(shouts);
      expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
    });
  });
});
