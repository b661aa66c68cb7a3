/** Promise: ten thousand namespaces and a hundred thousand rooms, opened and closed, leave nothing behind in any worker. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { PacketClient } from "../helpers/packet-client.js";

const WORKERS = 3;
const NAMESPACES = 10_000;
const ROOMS = 100_000;
const BATCH = 250;
/** Bytes that the second of two equal rounds may leave: the first leaves what is made only once. */
const NOISE = 4 << 20;

let fleet: Fleet;
/** One on each worker. */
let clients: PacketClient[];

beforeAll(async () => {
  fleet = await startFleet("apps/rooms.mjs", { workers: WORKERS, args: ["--policy", "round-robin"] });
  const bySlot = new Map<string, PacketClient>();
  while (bySlot.size < WORKERS) {
    const client = await PacketClient.open(fleet.url);
    const welcome = client.hears("/", "welcome");
    await client.enter("/");
    const slot = String((await welcome)[0]).split(".")[0] as string;
    if (bySlot.has(slot)) client.close();
    else bySlot.set(slot, client);
  }
  clients = [...bySlot.values()];
});
afterAll(async () => {
  for (const client of clients) client.close();
  expect(await fleet.stop()).toBe(0);
});

it("in three workers that all hear of them", { timeout: 180_000 }, async () => {
  await round(0);
  const once = await inUse();
  await round(1);
  const twice = await inUse();
  expect(twice.map(({ namespaces }) => namespaces)).toEqual(clients.map(() => 1));
  expect(twice.map(({ listeners }) => listeners)).toEqual(once.map(({ listeners }) => listeners));
  for (const [i, { bytes }] of twice.entries()) expect(bytes - (once[i]?.bytes ?? 0)).toBeLessThan(NOISE);
});

async function round(number: number): Promise<void> {
  for (let done = 0; done < NAMESPACES; done += BATCH) {
    await Promise.all(
      Array.from({ length: BATCH }, (_, i) => visitNamespace(number * NAMESPACES + done + i)),
    );
  }
  for (let done = 0; done < ROOMS; done += 1000) {
    const rooms = Array.from({ length: 1000 }, (_, i) => `room ${number} ${done + i}`);
    await clients[done % WORKERS]?.ask("/", "visit", rooms);
  }
  // Each worker has heard what the others sent before: each speaks to all, and is heard by all.
  await Promise.all(clients.map((client) => client.ask("/", "say", [])));
}

/** Two workers have it for a while, with a few rooms each. */
async function visitNamespace(number: number): Promise<void> {
  const name = `/t-${number}`;
  const visitors = [clients[number % WORKERS], clients[(number + 1) % WORKERS]] as [
    PacketClient,
    PacketClient,
  ];
  await Promise.all(visitors.map((visitor) => visitor.enter(name)));
  await Promise.all(visitors.map((visitor) => visitor.ask(name, "visit", ["a", "b", `room ${number}`])));
  for (const visitor of visitors) visitor.exit(name);
}

type InUse = { readonly bytes: number; readonly listeners: number; readonly namespaces: number };

async function inUse(): Promise<InUse[]> {
  const answers = await Promise.all(clients.map((client) => client.ask("/", "in use")));
  return answers.map(([answer]) => answer as InUse);
}
