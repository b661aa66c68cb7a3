/**
 * Promise: a client that keeps its HTTP connections loses no request while workers are replaced or go: none is reset, whatever moment it is sent at,
 * and a connection on which nothing is under way stays open.
 */

import { afterEach, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { KeptConnection } from "../helpers/kept-connection.js";
import { flawsOf } from "../helpers/traffic/report.js";
import { UnderTraffic } from "../helpers/traffic/under-traffic.js";

const POLLING = { clients: { polling: 20 }, every: 300 };
/** None is closed because it was idle for long; questions are few, or one of them is open at almost any moment. */
const ENV = { KEEP_ALIVE: "60000", QUESTION: "5000" };

let under: UnderTraffic | undefined;
let fleet: Fleet | undefined;
let clients: KeptConnection[] = [];
afterEach(async () => {
  for (const client of clients) client.destroy();
  clients = [];
  expect((await under?.end()) ?? (await fleet?.stop())).toBe(0);
  under = undefined;
});

function newClients(count: number): KeptConnection[] {
  const more = Array.from({ length: count }, () => new KeptConnection((under?.fleet ?? fleet)?.port ?? 0));
  clients.push(...more);
  return more;
}

/** Requests at random moments while `change` runs, and once more at the end. */
async function askThrough<T>(asking: readonly KeptConnection[], change: () => Promise<T>): Promise<T> {
  let over = false;
  const all = asking.map((client) => client.askUntil(() => over, 250));
  try {
    return await change();
  } finally {
    over = true;
    await Promise.all(all);
  }
}

it("a reload: no request is reset, and what was idle or never used is the new worker's", async () => {
  under = await UnderTraffic.start({ workers: 2, env: ENV }, POLLING);
  const { traffic } = under;
  const asking = newClients(40);
  const idle = newClients(20);
  const unused = newClients(10);
  await Promise.all([...idle.map((client) => client.ask()), ...unused.map((client) => client.open())]);
  const { failed } = await askThrough(asking, () => (under as UnderTraffic).reload("--parallel", "2"));
  const kept = [...idle, ...unused];
  const answers = await Promise.all(kept.map((client) => client.ask()));
  expect([failed, clients.flatMap(({ faults }) => faults)]).toEqual([undefined, []]);
  expect(answers.map((answer) => answer?.generation)).toEqual(kept.map(() => 2));
  // The idle ones had one answer before, on the same connection.
  expect(idle.map((client) => client.crossed)).toEqual(idle.map(() => 1));
  expect(asking.some((client) => client.crossed > 0)).toBe(true);
  const report = await traffic.finish();
  expect([flawsOf(report), report.examples]).toEqual([[], []]);
});

it("3 workers become 2: no request is reset, and what was idle in the slot that goes is another one's", async () => {
  fleet = await startFleet("handoff/app.mjs", { workers: 3, env: ENV });
  const idle: KeptConnection[] = [];
  const here = (): number => idle.filter(({ answers }) => answers.at(-1)?.slot === 2).length;
  // Which worker accepts a connection is chance.
  while (here() < 3) {
    const more = newClients(10);
    idle.push(...more);
    await Promise.all(more.map((client) => client.ask()));
  }
  const asking = newClients(40);
  await askThrough(asking, () => (fleet as Fleet).command("scale", "2"));
  const answers = await Promise.all(idle.map((client) => client.ask()));
  expect(clients.flatMap(({ faults }) => faults)).toEqual([]);
  expect(answers.map((answer) => answer?.slot)).not.toContain(2);
});
