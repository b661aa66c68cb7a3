/** Promise: two real hosts and a real Redis: what any worker says in a room right after a join that the app awaited arrives. */

import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connected, newClient } from "../../helpers/every-transport.js";
import { type Fleet, startFleet } from "../../helpers/fleet.js";
import { type RedisServer, startRedis } from "../../helpers/redis.js";

const ROOMS = 200;

let redis: RedisServer;
let hosts: Fleet[] = [];
let listener: Socket;
/** At the other host. */
let speaker: Socket;
/** Worker and number of all that was said and heard, in order. */
const heard: string[] = [];

beforeAll(async () => {
  redis = await startRedis();
  const args = ["--redis", redis.url, "--lease", "5s"];
  hosts = await Promise.all([1, 2].map(() => startFleet("apps/rooms.mjs", { workers: 2, args })));
  for (const host of hosts)
    await host.until("they see each other", async () => (await host.status()).site?.hosts.length === 1);
  const [near, far] = hosts as [Fleet, Fleet];
  listener = newClient(near.url, "websocket");
  speaker = newClient(far.url, "websocket");
  listener.on("said", (worker: string, number: number) => heard.push(`${worker} ${number}`));
  await Promise.all([connected(listener), connected(speaker)]);
});
afterAll(async () => {
  for (const client of [listener, speaker]) client?.disconnect();
  await Promise.all(hosts.map((host) => host.stop()));
  await redis?.stop();
});

/** @returns as it is heard */
function say(room: string): Promise<string> {
  return new Promise((resolve) => {
    speaker.emit("say", [room], (worker: string, number: number) => resolve(`${worker} ${number}`));
  });
}

it(`an awaited join has no gap, ${ROOMS} times in a row`, async () => {
  const said: string[] = [];
  for (let room = 0; room < ROOMS; room++) {
    await listener.timeout(10_000).emitWithAck("join everywhere", `room ${room}`);
    said.push(await say(`room ${room}`));
  }
  await hosts[0]?.until("the last is heard", () => heard.includes(said.at(-1) as string));
  expect(heard).toEqual(said);
});

it("while Redis holds the news, a join that is not awaited misses what is said, and one that is awaited is not acknowledged", async () => {
  heard.length = 0;
  let isKnown = false;
  redis.pause();
  let missed: string;
  let known: Promise<void>;
  try {
    await listener.timeout(10_000).emitWithAck("join", "slow");
    missed = await say("slow");
    known = listener
      .timeout(10_000)
      .emitWithAck("join everywhere", "slow")
      .then(() => {
        isKnown = true;
      });
    // Behind it on the same connection.
    await listener.timeout(10_000).emitWithAck("join", "slow");
    expect(isKnown).toBe(false);
  } finally {
    redis.resume();
  }
  await known;
  const arrives = await say("slow");
  await hosts[0]?.until("the last is heard", () => heard.includes(arrives));
  expect([heard, heard.includes(missed)]).toEqual([[arrives], false]);
});
