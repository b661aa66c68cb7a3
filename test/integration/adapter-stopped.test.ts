/** Promise: a worker that is stopped (SIGSTOP) keeps nobody waiting for long, and loses nothing of what it is sent meanwhile. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClientSession } from "../helpers/clients/client-session.js";
import { oneOfEachSlot, openSessions } from "../helpers/clients/conversation.js";
import { CLIENT_V4 } from "../helpers/clients/official-clients.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const CLIENTS = 18;
/** Far longer than it takes until a stopped worker is found out. Milliseconds. */
const PATIENCE = 20_000;

let fleet: Fleet;
let sessions: ClientSession[];
let asker: ClientSession;
let bystander: ClientSession;
let stopped: ClientSession;
let pid: number;
let killed: boolean;

beforeEach(async () => {
  fleet = await startFleet("apps/contract.mjs", { workers: 3, args: ["--policy", "round-robin"] });
  sessions = await openSessions(fleet, CLIENT_V4, { transports: ["websocket"] }, CLIENTS);
  [asker, bystander, stopped] = oneOfEachSlot(sessions) as [ClientSession, ClientSession, ClientSession];
  pid = await stopped.ask<number>("pid");
  killed = false;
  for (const session of sessions)
    session.socket.on("question", (answer: (of: number) => void) => answer(session.slot));
});
afterEach(async () => {
  if (!killed) process.kill(pid, "SIGCONT");
  for (const session of sessions) session.close();
  expect(await fleet.stop()).toBe(0);
});

type Answers = { answers: number[]; error?: string };

/** The slots of the clients of the workers that run, as often as they have clients. */
const running = (): number[] =>
  sessions
    .map(({ slot }) => slot)
    .filter((slot) => slot !== stopped.slot)
    .sort();
const everybody = (): number[] => sessions.map(({ slot }) => slot).sort();

async function slotsOfSockets(): Promise<number[]> {
  const sockets = await asker.ask<{ data: { slot: string } }[]>("sockets", {});
  return sockets.map(({ data }) => Number(data.slot)).sort();
}

describe("questions to all workers while one is stopped", () => {
  it("are answered by the others once it is found to be hung, and from then on at once", async () => {
    process.kill(pid, "SIGSTOP");
    // fetchSockets and serverSideEmitWithAck would fail after 5 s.
    const [slots, servers, clients] = await Promise.all([
      slotsOfSockets(),
      asker.ask<string[]>("ask servers"),
      asker.ask<Answers>("ask", {}, PATIENCE),
    ]);
    expect(slots).toEqual(running());
    expect(servers).toEqual([`${bystander.slot}`]);
    expect({ ...clients, answers: clients.answers.map(Number).sort() }).toEqual({ answers: running() });
    const began = performance.now();
    expect(await slotsOfSockets()).toEqual(running());
    expect(await asker.ask<string[]>("ask servers")).toEqual([`${bystander.slot}`]);
    expect((await asker.ask<Answers>("ask", {}, PATIENCE)).answers.map(Number).sort()).toEqual(running());
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("ask it again once it goes on", async () => {
    process.kill(pid, "SIGSTOP");
    expect(await slotsOfSockets()).toEqual(running());
    process.kill(pid, "SIGCONT");
    await fleet.until("it is asked again", async () => (await slotsOfSockets()).length === CLIENTS);
    expect((await asker.ask<string[]>("ask servers")).sort()).toEqual(
      [`${bystander.slot}`, `${stopped.slot}`].sort(),
    );
    expect((await asker.ask<Answers>("ask", {}, PATIENCE)).answers.map(Number).sort()).toEqual(everybody());
    expect(await asker.ask("servers")).toBe(3);
    expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it("are answered without it when it is killed while it is stopped, and its slot serves again", async () => {
    process.kill(pid, "SIGSTOP");
    const slots = slotsOfSockets();
    process.kill(pid, "SIGKILL");
    killed = true;
    expect(await slots).toEqual(running());
    await fleet.until("three servers", async () => (await asker.ask("servers")) === 3);
  });
});

describe("messages to clients of a worker that is stopped", () => {
  const MESSAGES = 2_000;
  const heard = (session: ClientSession): unknown[] => session.heard("shout").map(([text]) => text);

  /** Two workers speak by turns: to all, to a room, to one socket. */
  async function speak(from: number, to: number): Promise<void> {
    const said: Promise<unknown>[] = [];
    for (let n = from; n < to; n++) {
      const target = n % 3 === 0 ? {} : { rooms: [n % 3 === 1 ? "room" : stopped.socket.id] };
      const speaker = n % 2 === 0 ? asker : bystander;
      said.push(speaker.ask("send", target, "shout", `${n % 2} ${n}`));
    }
    await Promise.all(said);
  }

  it("arrive when it goes on, in order and once each; the clients of the others get theirs at once", async () => {
    await stopped.ask("join", "room");
    await bystander.ask("join", "room");
    await speak(0, 30);
    process.kill(pid, "SIGSTOP");
    await speak(30, MESSAGES);
    // The room was unknown to the stopped worker; whoever asked for the join already speaks to it.
    await asker.ask("control", { rooms: [stopped.socket.id] }, "socketsJoin", ["given"]);
    await asker.ask("send", { rooms: ["given"] }, "shout", "0 given");
    await bystander.until("what is for it", () => heard(bystander).length >= forRoom(MESSAGES).length);
    expect(heard(bystander).sort()).toEqual(forRoom(MESSAGES).sort());
    await fleet.until("it is found to be hung", async () => (await slotsOfSockets()).length < CLIENTS);
    await speak(MESSAGES, MESSAGES + 30);
    process.kill(pid, "SIGCONT");
    await stopped.until("everything", () => heard(stopped).length >= MESSAGES + 31);
    const all = Array.from({ length: MESSAGES + 30 }, (_, n) => `${n % 2} ${n}`);
    for (const sender of ["0", "1"]) {
      const expected = all.filter((text) => text.startsWith(sender));
      if (sender === "0") expected.splice(MESSAGES / 2, 0, "0 given");
      expect(heard(stopped).filter((text) => String(text).startsWith(sender))).toEqual(expected);
    }
    expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
  });

  /** What the bystander hears of so many messages. */
  function forRoom(count: number): string[] {
    return Array.from({ length: count }, (_, n) => `${n % 2} ${n}`).filter((_, n) => n % 3 !== 2);
  }

  it("that were sent by its clients while it was stopped reach the others when it goes on", async () => {
    await asker.ask("join", "room");
    process.kill(pid, "SIGSTOP");
    const said = Array.from({ length: 100 }, (_, n) =>
      stopped.ask("send", { rooms: ["room"] }, "shout", `late ${n}`),
    );
    const answered = Promise.allSettled(said);
    await fleet.until("it is found to be hung", async () => (await slotsOfSockets()).length < CLIENTS);
    expect(heard(asker)).toEqual([]);
    process.kill(pid, "SIGCONT");
    expect(new Set((await answered).map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
    await asker.until("all of them", () => heard(asker).length >= 100);
    expect(heard(asker)).toEqual(Array.from({ length: 100 }, (_, n) => `late ${n}`));
  });
});
