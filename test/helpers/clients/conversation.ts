/** Test helper: what every session of a client must be able to do, and what must be true of it afterwards. */

import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { ownerOf } from "../../../src/routing/sid.js";
import type { Fleet } from "../fleet.js";
import { ClientSession } from "./client-session.js";
import type { ClientOptions, OfficialClient } from "./official-clients.js";

/** Opens all at once. @throws when one of them does not connect at its first try */
export function openSessions(
  fleet: Fleet,
  client: OfficialClient,
  options: ClientOptions,
  count: number,
): Promise<ClientSession[]> {
  return Promise.all(Array.from({ length: count }, () => ClientSession.open(client, fleet.url, options)));
}

/** The session's id names the very worker that answers. */
export function expectOwnersToServe(sessions: readonly ClientSession[]): void {
  const named = sessions.map(({ sid }) => ownerOf(sid)?.slot);
  expect(named).toEqual(sessions.map(({ slot }) => slot));
}

/** One session of each slot, in the order of the slots. */
export function oneOfEachSlot(sessions: readonly ClientSession[]): ClientSession[] {
  const bySlot = new Map(sessions.map((session) => [session.slot, session]));
  return [...bySlot.entries()].sort(([a], [b]) => a - b).map(([, session]) => session);
}

/** Text and bytes come back as they went, on every session. */
export async function echoTextAndBytes(sessions: readonly ClientSession[]): Promise<void> {
  await Promise.all(
    sessions.map(async (session, index) => {
      const text = `äöü € 😀 ${index}`;
      expect(await session.ask("echo", text)).toBe(text);
      const bytes = randomBytes(1_000 + index);
      expect(Buffer.from(await session.ask<Buffer>("echo", bytes)).equals(bytes)).toBe(true);
    }),
  );
}

/** A member on each worker speaks to a room; afterwards every member has heard each of them, in any order. */
export async function shoutFromEachSlot(sessions: readonly ClientSession[]): Promise<string[]> {
  await Promise.all(sessions.map((session) => session.ask("join", "room")));
  const speakers = oneOfEachSlot(sessions);
  const shouts = speakers.map(({ slot }) => `from slot ${slot}`);
  await Promise.all(
    speakers.map((speaker, index) => speaker.ask("send", { rooms: ["room"] }, "shout", shouts[index])),
  );
  await Promise.all(
    sessions.map((session) =>
      session.until(`${shouts.length} shouts`, () => session.heard("shout").length >= shouts.length),
    ),
  );
  return shouts;
}

/** The shouts that this session heard, sorted. */
export function shoutsHeard(session: ClientSession): unknown[] {
  return session
    .heard("shout")
    .map(([text]) => text)
    .sort();
}

/** Waits until the server has counted so many heartbeats of every session. */
export async function heartbeats(sessions: readonly ClientSession[], wanted: number): Promise<void> {
  await Promise.all(
    sessions.map((session) =>
      session.until(`${wanted} heartbeats`, () => session.heard("heartbeat").length >= wanted),
    ),
  );
}
