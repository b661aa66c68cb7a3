/**
 * Promise: what docs/reload.md says of an app with sessions by cookie in memory, a middleware for who it is, and many timers for each socket.
 */

import type { Socket } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { connected, newClient } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { Sequence } from "../helpers/traffic/sequence.js";

const TIMERS = 20;
const PEOPLE = ["ada", "bo", "cy"];
let fleet: Fleet | undefined;
let people: Person[] = [];

afterEach(async () => {
  for (const { socket } of people) socket.disconnect();
  people = [];
  expect(await fleet?.stop()).toBe(0);
});

type Account = {
  worker: string;
  checks: number;
  recovered: boolean;
  name: string;
  auth: string;
  session: { id: string; madeBy: string; visits: number };
};

type Person = {
  readonly name: string;
  readonly socket: Socket;
  readonly partings: string[];
  /** By timer. */
  readonly ticks: readonly Sequence[];
  /** Workers whose ticks came, in the order of their first one, and once more whenever it changed. */
  readonly tickers: string[];
  here: string;
};

async function arrive(running: Fleet, name: string): Promise<Person> {
  const extraHeaders = { cookie: `session=s${name}` };
  const socket = newClient(running.url, "websocket", { auth: { name }, extraHeaders });
  const ticks = Array.from({ length: TIMERS }, () => new Sequence(1));
  const person: Person = { name, socket, partings: [], ticks, tickers: [], here: "" };
  people.push(person);
  socket.on("disconnect", (reason) => person.partings.push(reason));
  socket.on("here", (worker: string) => {
    person.here = worker;
  });
  socket.on("tick", (index: number, n: number, worker: string) => {
    ticks[index]?.receive(n);
    if (person.tickers.at(-1) !== worker) person.tickers.push(worker);
  });
  await connected(socket);
  return person;
}

const accountOf = ({ socket }: Person): Promise<Account> => socket.timeout(10_000).emitWithAck("who am i");

/** Starts the app, lets three people come, and reloads. @returns what each said before and afterwards */
async function reloadUnderPeople(carry: "0" | "1") {
  fleet = await startFleet("handoff/sessions.mjs", { workers: 1, env: { CARRY: carry } });
  const running = fleet;
  const all = await Promise.all(PEOPLE.map((name) => arrive(running, name)));
  const before = await Promise.all(all.map(accountOf));
  await running.command("reload");
  await running.until("ticks of the new worker", () => all.every(({ tickers }) => tickers.at(-1) === "0.2"));
  return { all, before, after: await Promise.all(all.map(accountOf)), output: running.stdout };
}

describe("after a handoff", () => {
  it("the app knows everybody as before, without asking again who it is; timers end in the old worker and begin in the new one", async () => {
    const { all, after, output } = await reloadUnderPeople("1");
    for (const [index, account] of after.entries()) {
      const name = PEOPLE[index] as string;
      // The session of the store went along by the app's own hooks; `connection` came once in each worker.
      const session = { id: `s${name}`, madeBy: "0.1", visits: 2 };
      expect(account).toMatchObject({ worker: "0.2", recovered: true, checks: 0, name, auth: name, session });
      expect(output).toContain(`0.1 parted from ${name}: server handoff`);
    }
    for (const { partings, tickers, ticks, here } of all) {
      expect({ partings, tickers, here }).toEqual({ partings: [], tickers: ["0.1", "0.2"], here: "0.2" });
      const flaws = ticks.map(({ lost, doubled, reordered }) => lost + doubled + reordered);
      expect(flaws).toEqual(Array(TIMERS).fill(0));
    }
  });

  it("what is only in a worker's memory stays there, and the middleware of the session makes a new one for the same cookie", async () => {
    const { before, after } = await reloadUnderPeople("0");
    expect(before.map(({ session }) => session.madeBy)).toEqual(["0.1", "0.1", "0.1"]);
    expect(after.map(({ session }) => [session.id, session.madeBy])).toEqual(
      PEOPLE.map((name) => [`s${name}`, "0.2"]),
    );
  });
});
