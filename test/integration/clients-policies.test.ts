/** Promise: each policy places new sessions as its name says, and real clients work under every one of them. */

import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echoTextAndBytes, expectOwnersToServe, openSessions } from "../helpers/clients/conversation.js";
import { type Handshake, handshake, handshakeOn, sessionsBySlot } from "../helpers/clients/handshake.js";
import { CLIENT_V4, type Transport } from "../helpers/clients/official-clients.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { RawConnection } from "../helpers/raw-connection.js";

const WORKERS = 3;
const UPGRADED: readonly Transport[] = ["polling", "websocket"];

let fleet: Fleet;
const withPolicy = (...args: string[]): void => {
  beforeAll(async () => {
    fleet = await startFleet("apps/contract.mjs", { workers: WORKERS, args: ["--policy", ...args] });
  });
  afterAll(async () => {
    expect(await fleet.stop()).toBe(0);
  });
};

/** Every one works and is served by its owner. @returns their slots */
async function slotsOfClients(count: number, extraHeaders: Record<string, string>): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const sessions = await openSessions(fleet, CLIENT_V4, { transports: UPGRADED, agent, extraHeaders }, count);
  await Promise.all(sessions.map((session) => session.travelsBy("websocket")));
  await echoTextAndBytes(sessions);
  expectOwnersToServe(sessions);
  expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
  const slots = sessions.map(({ slot }) => slot);
  for (const session of sessions) session.close();
  agent.destroy();
  return slots;
}

describe("ip-hash behind a trusted proxy", () => {
  withPolicy("ip-hash", "--trust-proxy", "loopback");
  const addresses = Array.from({ length: 60 }, (_, index) => `203.0.113.${index + 1}`);
  const from = (address: string): Promise<Handshake> =>
    handshake(fleet, { "X-Forwarded-For": `198.51.100.7, ${address}` });

  it("spreads the 60 addresses of one network over all slots", async () => {
    const counts = sessionsBySlot(await Promise.all(addresses.map(from)), WORKERS);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(addresses.length / WORKERS / 2);
  });

  it("gives one address the same slot always, whoever accepts its connection", async () => {
    const first = await Promise.all(addresses.map(from));
    for (let turn = 0; turn < 5; turn++) {
      const again = await Promise.all(addresses.map(from));
      expect(again.map(({ slot }) => slot)).toEqual(first.map(({ slot }) => slot));
    }
  });

  it("keeps all clients of one address on its slot, upgraded or not", async () => {
    const address = addresses[0] as string;
    const { slot } = await from(address);
    const slots = await slotsOfClients(12, { "X-Forwarded-For": address });
    expect(slots).toEqual(Array(12).fill(slot));
  });
});

describe("ip-hash without a trusted proxy", () => {
  withPolicy("ip-hash");

  it("does not believe the header: one connection's address, one slot", async () => {
    const claims = Array.from({ length: 30 }, (_, index) => `203.0.113.${index}`);
    const opened = await Promise.all(claims.map((claim) => handshake(fleet, { "X-Forwarded-For": claim })));
    expect(new Set(opened.map(({ slot }) => slot)).size).toBe(1);
  });
});

describe("cookie", () => {
  withPolicy("cookie");

  it("brings a client that keeps its cookie back to its slot, whoever accepts its connection", async () => {
    const newcomers = await handshakes(120);
    for (const slot of [0, 1, 2]) {
      const { cookie = "" } = newcomers.find((one) => one.slot === slot) ?? {};
      const [pair = ""] = cookie.split(";");
      expect(pair).toBe(`holdfast=${slot}`);
      const returns = Array.from({ length: 15 }, () => handshake(fleet, { Cookie: `a=b; ${pair}` }));
      expect((await Promise.all(returns)).map((again) => again.slot)).toEqual(Array(15).fill(slot));
    }
  });

  it("hides the cookie from scripts, and keeps it to requests of the site itself", async () => {
    const { cookie } = await handshake(fleet);
    const attributes = cookie.split(";").map((part) => part.trim().toLowerCase());
    expect(attributes).toEqual(expect.arrayContaining(["httponly", "path=/"]));
    expect(attributes).toContain("samesite=lax");
  });

  it("works with clients that have one, and with a cookie that names nobody", async () => {
    for (const slot of [0, 1, 2]) {
      expect(await slotsOfClients(5, { Cookie: `holdfast=${slot}` })).toEqual(Array(5).fill(slot));
    }
    expect(await slotsOfClients(5, { Cookie: "holdfast=77" })).toHaveLength(5);
  });
});

describe("round-robin", () => {
  withPolicy("round-robin");

  it("gives all slots equal shares", async () => {
    const counts = sessionsBySlot(await handshakes(300), WORKERS);
    // Each worker counts for itself: the shares differ by at most one turn of each.
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(WORKERS);
  });

  it("serves clients wherever their turn puts them", async () => {
    const slots = await slotsOfClients(15, {});
    expect(new Set(slots)).toEqual(new Set([0, 1, 2]));
  });
});

describe("least-sessions", () => {
  withPolicy("least-sessions");

  it("gives the fullest slot at most 1.2 times as many as the emptiest, though one worker accepts them all", async () => {
    const connection = await RawConnection.open(fleet.port);
    const opened: Handshake[] = [];
    while (opened.length < 1_000) opened.push(await handshakeOn(connection));
    connection.destroy();
    const counts = sessionsBySlot(opened, WORKERS);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(1.2);
  });
});

function handshakes(count: number): Promise<Handshake[]> {
  return Promise.all(Array.from({ length: count }, () => handshake(fleet)));
}
