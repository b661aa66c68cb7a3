/** Promise: a question that goes to all workers is settled at once when one of them is killed while it owes an answer. */

import { afterEach, beforeEach, expect, it } from "vitest";
import type { ClientSession } from "../helpers/clients/client-session.js";
import { oneOfEachSlot, openSessions } from "../helpers/clients/conversation.js";
import { CLIENT_V4 } from "../helpers/clients/official-clients.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const CLIENTS = 24;
/** How long the victim cannot answer anybody: far longer than the limit that is measured. Milliseconds. */
const BLOCKED = 4_000;
/** From the kill to the answer. Milliseconds. */
const LIMIT = 100;

let fleet: Fleet;
let sessions: ClientSession[];
let asker: ClientSession;
let bystander: ClientSession;
let victim: ClientSession;

beforeEach(async () => {
  fleet = await startFleet("apps/contract.mjs", { workers: 3, args: ["--policy", "round-robin"] });
  sessions = await openSessions(fleet, CLIENT_V4, { transports: ["websocket"] }, CLIENTS);
  [asker, bystander, victim] = oneOfEachSlot(sessions) as [ClientSession, ClientSession, ClientSession];
  for (const session of sessions)
    session.socket.on("question", (answer: (of: number) => void) => answer(session.slot));
});
afterEach(async () => {
  for (const session of sessions) session.close();
  expect(await fleet.stop()).toBe(0);
});

type Settled = { early: boolean; ms: number; answers: unknown[]; error?: string };

/** Lets the victim's worker block its loop, and the asker's worker ask, kill it and measure. */
async function killWhileItOwes(question: string): Promise<Settled> {
  const pid = await victim.ask<number>("pid");
  victim.socket.emit("block", BLOCKED);
  return asker.ask<Settled>("kill", pid, question);
}

/** The slots of the clients of the two workers that live on, as often as they have clients. */
function slotsOfSurvivors(): number[] {
  return sessions
    .map(({ slot }) => slot)
    .filter((slot) => slot !== victim.slot)
    .sort();
}

it("fetchSockets() gives the sockets of the workers that live, in under 100 ms", async () => {
  const { early, ms, answers, error } = await killWhileItOwes("fetchSockets");
  expect({ early, error }).toEqual({ early: false, error: undefined });
  expect(answers.map(Number).sort()).toEqual(slotsOfSurvivors());
  expect(ms).toBeLessThan(LIMIT);
});

it("serverSideEmitWithAck() gives the answers of the workers that live, in under 100 ms", async () => {
  const { early, ms, answers, error } = await killWhileItOwes("serverSideEmitWithAck");
  expect({ early, error }).toEqual({ early: false, error: undefined });
  expect(answers).toEqual([`${bystander.slot}`]);
  expect(ms).toBeLessThan(LIMIT);
});

it("emitWithAck() gives the answers of the clients that are left, in under 100 ms", async () => {
  const { early, ms, answers, error } = await killWhileItOwes("emitWithAck");
  expect({ early, error }).toEqual({ early: false, error: undefined });
  expect(answers.map(Number).sort()).toEqual(slotsOfSurvivors());
  expect(ms).toBeLessThan(LIMIT);
});

it("clients of the other workers notice nothing, and the slot serves again", async () => {
  const killed = victim.slot;
  await killWhileItOwes("fetchSockets");
  await fleet.until(`slot ${killed} serves again`, async () => {
    const worker = (await fleet.status()).workers.find(({ slot }) => slot === killed);
    return worker?.state === "ready" && worker.restarts === 1;
  });
  const lost = sessions.filter(({ faults }) => faults.length > 0);
  expect(lost.map(({ slot }) => slot)).toEqual(
    sessions.filter(({ slot }) => slot === killed).map(() => killed),
  );
  const returned = await openSessions(fleet, CLIENT_V4, { transports: ["websocket"] }, CLIENTS);
  expect(returned.some(({ slot }) => slot === killed)).toBe(true);
  sessions.push(...returned);
  expect(await asker.ask("servers")).toBe(3);
});
