/** Promise: sessions of different workers may share keep-alive connections, in any order, and every one of them stays right. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClientSession } from "../helpers/clients/client-session.js";
import {
  echoTextAndBytes,
  expectOwnersToServe,
  heartbeats,
  oneOfEachSlot,
  openSessions,
} from "../helpers/clients/conversation.js";
import { CLIENT_V2, CLIENT_V3, CLIENT_V4 } from "../helpers/clients/official-clients.js";
import { SharedAgent } from "../helpers/clients/shared-agent.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { RawConnection } from "../helpers/raw-connection.js";

const WORKERS = 3;
const SESSIONS = 20;
const ROUNDS = 5;

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet("apps/contract.mjs", {
    workers: WORKERS,
    // Policy round-robin: also the few sessions of a small pool belong to different workers.
    args: ["--policy", "round-robin"],
    env: { PING_INTERVAL: "600", PING_TIMEOUT: "4000" },
  });
});
afterAll(async () => {
  expect(await fleet.stop()).toBe(0);
});

describe.each([CLIENT_V4, CLIENT_V3, CLIENT_V2])("$name with one agent for all sessions", (client) => {
  it(`is right in ${SESSIONS} polling sessions whose posts share four connections`, async () => {
    // Each session holds one connection while it waits for news; four more are for whatever they send.
    const agent = new SharedAgent(SESSIONS + 4);
    const sessions = await openSessions(fleet, client, { transports: ["polling"], agent }, SESSIONS);
    expect(oneOfEachSlot(sessions)).toHaveLength(WORKERS);
    await converse(sessions);
    expect(agent.mixed).toBeGreaterThan(0);
    finish(sessions, agent);
  });

  it("is right in three polling sessions of three workers on four connections in all", async () => {
    const agent = new SharedAgent(4);
    const sessions = await sessionOfEachSlot(agent);
    await converse(sessions);
    expect(agent.mixed).toBeGreaterThan(0);
    finish(sessions, agent);
  });

  it(`upgrades ${SESSIONS} sessions on connections that served others before`, async () => {
    const agent = new SharedAgent(2 * SESSIONS);
    const transports = ["polling", "websocket"] as const;
    const sessions = await openSessions(fleet, client, { transports, agent }, SESSIONS);
    await Promise.all(sessions.map((session) => session.travelsBy("websocket")));
    await converse(sessions);
    expect(agent.reused).toBeGreaterThan(0);
    finish(sessions, agent);
  });

  async function sessionOfEachSlot(agent: SharedAgent): Promise<ClientSession[]> {
    const sessions: ClientSession[] = [];
    for (let attempt = 0; attempt < 60; attempt++) {
      const found = oneOfEachSlot(sessions);
      if (found.length === WORKERS) return found;
      const session = await ClientSession.open(client, fleet.url, { transports: ["polling"], agent });
      if (sessions.some(({ slot }) => slot === session.slot)) session.close();
      else sessions.push(session);
    }
    throw new Error("no session of each slot");
  }
});

async function converse(sessions: readonly ClientSession[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await echoTextAndBytes(sessions);
  await heartbeats(sessions, 2);
  expectOwnersToServe(sessions);
  expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
}

function finish(sessions: readonly ClientSession[], agent: SharedAgent): void {
  for (const session of sessions) session.close();
  agent.destroy();
}

it("a connection that was opened in advance and never used does not hold up the end of the fleet", async () => {
  const other = await startFleet("apps/contract.mjs", { workers: 1 });
  const unused = await RawConnection.open(other.port);
  const used = await RawConnection.open(other.port);
  expect((await used.get("/")).status).toBe(200);
  const began = Date.now();
  expect(await other.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(8_000);
  expect([unused.closed, used.closed]).toEqual([true, true]);
});
