/**
 * Promise: while workers are killed and clients come back, every session of a worker that lives gets each message at most once, those
 * of one worker in order, and all that are for it if the worker that sent them lives, too.
 */

import { afterEach, beforeEach, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { Member } from "../helpers/rooms/member.js";

const WORKERS = 3;
const MEMBERS = 24;
const ROUNDS = 6;
/** What each member does in a round. */
const STEPS = 40;
const ROOMS = ["a", "b", "c", "d", "507f1f77bcf86cd799439011", "räume 😀"];

let fleet: Fleet;
let members: Member[];
let kills: number;
const judged = { must: 0, may: 0, never: 0 };

beforeEach(async () => {
  fleet = await startFleet("apps/rooms.mjs", { workers: WORKERS });
  kills = 0;
  members = Array.from(
    { length: MEMBERS },
    (_, i) => new Member(fleet.url, i % 4 === 0 ? "polling" : "websocket"),
  );
  await everybodyIsBack();
});
afterEach(async () => {
  for (const member of members) member.close();
  expect(await fleet.stop()).toBe(0);
});

it("holds while a worker is killed in each of six rounds", { timeout: 120_000 }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const acting = Promise.all(members.map((member) => act(member)));
    await somethingWasSaid();
    killOne();
    await acting;
    await everybodyIsBack();
    expect(faults(await fenced())).toEqual([]);
  }
  const sessions = members.flatMap((member) => member.sessions);
  expect(sessions.length, "some lost their worker").toBeGreaterThan(MEMBERS);
  expect(judged.must, "many had to get much").toBeGreaterThan(1000);
  expect(judged.never, "much was not for many").toBeGreaterThan(1000);
});

/** What is wrong in this round, a sentence each. @param living the workers that lived until its end */
function faults(living: ReadonlySet<string>): string[] {
  const spoken = members.flatMap((member) => member.spoken.splice(0));
  return members.flatMap((member) =>
    member.sessions.flatMap((session) => [
      ...session.disorder(),
      ...spoken.flatMap((said) => {
        const verdict = session.verdict(said);
        judged[verdict] += 1;
        const bothLive = !session.ended && living.has(said.worker);
        const words = `${session.id} of ${session.worker} and ${said.number} of ${said.worker}`;
        if (verdict === "must" && bothLive && !session.has(said)) return [`${words}: not received`];
        return verdict === "never" && session.has(said) ? [`${words}: not for it`] : [];
      }),
    ]),
  );
}

/** Comes, goes and speaks at random; a message for a single session is for one of another member. */
async function act(member: Member): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const room = pick(ROOMS);
    const id = pick(members).session?.id;
    const choice = Math.random();
    if (choice < 0.2) await (member.session?.isIn(room) ? member.leave(room) : member.join(room));
    else if (choice < 0.6) await member.say([room]);
    else if (choice < 0.7) await member.say([room, pick(ROOMS)]);
    else if (choice < 0.95) await member.say(id === undefined ? [] : [id]);
    else await member.say([]);
    if (member.session === undefined) await turn();
  }
}

async function somethingWasSaid(): Promise<void> {
  const said = (): number => members.reduce((sum, { spoken }) => sum + spoken.length, 0);
  const until = said() + MEMBERS * (2 + Math.floor(Math.random() * STEPS * 0.5));
  await fleet.until("the members speak", () => said() >= until);
}

/** A worker that has sessions, not the same slot again and again: it would be started later each time. */
function killOne(): void {
  const workers = members.flatMap(({ session }) => (session === undefined ? [] : [session.worker]));
  const slots = new Map(workers.map((worker) => worker.split(".") as [string, string]));
  const pid = Number(slots.get(`${kills % WORKERS}`) ?? [...slots.values()][0]);
  expect(pid, "a process to kill").toBeGreaterThan(1);
  process.kill(pid, "SIGKILL");
  kills += 1;
}

async function everybodyIsBack(): Promise<void> {
  const ready = (): number => fleet.stderr.match(/slot=\d+ .*pid=\d+ ready in/g)?.length ?? 0;
  await fleet.until("every worker is ready", () => ready() === WORKERS + kills);
  await fleet.until("everybody has a session", () => members.every(({ session }) => session !== undefined));
}

/** Lets each worker speak to all: behind that nothing of it is on its way any more. @returns those workers */
async function fenced(): Promise<Set<string>> {
  const speakers = new Map(members.map((member) => [member.session?.worker, member]));
  const fences = await Promise.all([...speakers.values()].map((member) => member.say([])));
  for (const fence of fences) {
    const heard = ({ session }: Member): boolean => fence !== undefined && session?.has(fence) === true;
    await fleet.until(`what ${fence?.worker} said reaches all`, () => members.every(heard));
  }
  return new Set(fences.map((fence) => fence?.worker ?? ""));
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)] as T;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
