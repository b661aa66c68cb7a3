/** Promise: behind a real proxy clients of other versions and languages work on every transport, without one fault. */

import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerOf } from "../../src/routing/sid.js";
import { ClientSession } from "../helpers/clients/client-session.js";
import {
  echoTextAndBytes,
  expectOwnersToServe,
  heartbeats,
  shoutFromEachSlot,
  shoutsHeard,
} from "../helpers/clients/conversation.js";
import { CLIENT_V2, TRANSPORTS } from "../helpers/clients/official-clients.js";
import { checkPythonClient, runPythonSessions } from "../helpers/clients/python-client.js";
import { ProxiedFleet } from "../helpers/proxied-fleet.js";
import { REAL_PROXIES } from "../helpers/real-proxy.js";

const WORKERS = 4;
const SLOTS = [0, 1, 2, 3];
const SESSIONS = 40;

describe.each(REAL_PROXIES)("%s", (kind) => {
  let fleet: ProxiedFleet;
  beforeAll(async () => {
    await checkPythonClient();
    fleet = await ProxiedFleet.start({ kind, workers: WORKERS, app: "joined-contract.mjs" });
  });
  afterAll(() => fleet?.stop());

  it.each(TRANSPORTS)(
    "the official client 2 by $name, on connections that all sessions share",
    async ({ transports }) => {
      const agent = new Agent({ keepAlive: true });
      const sessions: ClientSession[] = await Promise.all(
        Array.from({ length: SESSIONS }, () =>
          ClientSession.open(CLIENT_V2, fleet.url, { transports, agent }),
        ),
      );
      try {
        expect(new Set(sessions.map(({ slot }) => slot))).toEqual(new Set(SLOTS));
        expectOwnersToServe(sessions);
        await echoTextAndBytes(sessions);
        const shouts = await shoutFromEachSlot(sessions);
        await heartbeats(sessions, 2);
        for (const session of sessions) expect(shoutsHeard(session)).toEqual(shouts);
        expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
      } finally {
        for (const session of sessions) session.close();
        agent.destroy();
      }
    },
  );

  it.each(TRANSPORTS)("python-socketio by $name", async ({ transports }) => {
    const order = { url: fleet.url, transports, sessions: SESSIONS, heartbeats: 2 };
    const reports = await runPythonSessions(order);
    expect(reports).toHaveLength(SESSIONS);
    for (const { sid, slots, echoed, shouts, faults } of reports) {
      const slot = ownerOf(sid)?.slot;
      expect({ slots, echoed, faults }).toEqual({ slots: [slot, slot], echoed: true, faults: [] });
      expect(shouts).toEqual(SLOTS.map((speaker) => `from slot ${speaker}`));
    }
  });
});
