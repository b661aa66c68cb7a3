/** Promise: a host whose primary is killed ends in order without it, the site goes on as when a host leaves, and its folder serves its next life. */

import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connected, newClient } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { childrenOf, isRunning } from "../helpers/processes.js";
import { type RedisServer, startRedis } from "../helpers/redis.js";
import { Asker } from "../helpers/site/asker.js";

const LEASE = 2_000;
/** On top of the lease, for a machine that is busy. Milliseconds. */
const MARGIN = 5_000;

let redis: RedisServer;
let stays: Fleet;
let dies: Fleet;
const askers: Asker[] = [];

const start = (instead?: Fleet): Promise<Fleet> =>
  startFleet("site/app.mjs", {
    workers: 2,
    args: ["--redis", redis.url, "--lease", `${LEASE}`],
    ...(instead && { instead }),
  });

beforeAll(async () => {
  redis = await startRedis();
  [stays, dies] = await Promise.all([start(), start()]);
});
afterAll(async () => {
  for (const asker of askers) asker.leave();
  await Promise.all([stays?.stop(), dies?.stop()]);
  await redis?.stop();
});

const ask = async (fleet: Fleet): Promise<Asker> => {
  const asker = await Asker.open(fleet);
  askers.push(asker);
  return asker;
};

const knows = (fleet: Fleet, others: number): Promise<void> =>
  fleet.until(`${others} other hosts`, async () => (await fleet.status()).site?.hosts.length === others);

/** That a host has its first socket is news for the others, which takes its time. */
const counts = (asker: Asker, sockets: number): Promise<void> =>
  stays.until(`${sockets} sockets`, async () => (await asker.who()) === sockets);

/** @returns the code of the close that its WebSocket hears; 1006 where it hears none and the connection just ends */
const closeOf = (socket: Socket): Promise<number | undefined> =>
  new Promise((resolve) => {
    socket.once("disconnect", (_reason, details) => {
      const { context } = details as { context?: { code?: number } };
      resolve(context?.code);
    });
  });

it("its bridge and its workers end by themselves, the other host hears of it within the lease, and it may come again", async () => {
  await knows(stays, 1);
  const asker = await ask(stays);
  const client = newClient(dies.url, "websocket", { reconnection: false });
  await connected(client);
  await counts(asker, 2);
  const { site, workers } = await dies.status();
  const primary = dies.process.pid ?? 0;
  const processes = childrenOf(primary);
  expect(processes).toEqual(expect.arrayContaining([site?.bridge.pid, ...workers.map(({ pid }) => pid)]));

  const closed = closeOf(client);
  process.kill(primary, "SIGKILL");
  const killed = performance.now();
  expect(await asker.who()).toBeLessThanOrEqual(2);
  expect(performance.now() - killed).toBeLessThan(LEASE + MARGIN);
  await knows(stays, 0);
  await counts(asker, 1);
  expect(await asker.servers()).toBe(2);
  expect((await stays.command("status", "--site")).stdout).not.toContain(dies.name);
  // As a worker closes that drains; of one that is killed nothing is heard.
  expect(await closed).toBe(1005);
  await stays.until("nothing is left of it", () => !processes.some(isRunning));

  dies = await start(dies);
  await knows(stays, 1);
  await knows(dies, 1);
  await counts(await ask(dies), 2);
  await counts(asker, 2);
  expect((await stays.command("status", "--site")).stdout).toContain(`${dies.name} `);
  expect((await dies.status()).workers.map(({ pid }) => pid)).not.toEqual(workers.map(({ pid }) => pid));
});
