/** `--adapter`: Socket.IO's own adapters in the place of Holdfast's, with a real Redis. */

import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { type RedisServer, startRedis } from "../helpers/redis.js";
import { Member } from "../helpers/rooms/member.js";
import type { Spoken } from "../helpers/rooms/session.js";

let redis: RedisServer;
let admin: Redis;
const cleanUp: (() => unknown)[] = [];

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
});
afterAll(async () => {
  admin?.disconnect();
  await redis?.stop();
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  await admin.flushall();
});

async function host(...args: string[]): Promise<Fleet> {
  const fleet = await startFleet("apps/rooms.mjs", {
    workers: 2,
    args: ["--policy", "round-robin", ...args],
  });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

/** One at each worker of the fleet. */
async function members(fleet: Fleet): Promise<Member[]> {
  const found = new Map<string, Member>();
  while (found.size < 2) {
    const member = new Member(fleet.url, "websocket");
    cleanUp.push(() => member.close());
    await fleet.until("the client is welcome", () => member.session !== undefined);
    if (found.has(member.session?.worker ?? "")) continue;
    found.set(member.session?.worker ?? "", member);
    await member.join("r");
  }
  return [...found.values()];
}

/** From each, until it has arrived everywhere: subscriptions need a moment. Then once more, and that everywhere once. */
async function allHear(all: readonly Member[], fleet: Fleet): Promise<void> {
  for (const speaker of all) {
    const said: Spoken[] = [];
    const say = async (): Promise<void> => {
      const spoken = await speaker.say(["r"]);
      if (spoken !== undefined) said.push(spoken);
    };
    const hears = ({ session }: Member): boolean => said.some((spoken) => session?.has(spoken));
    await fleet.until("all hear something", async () => {
      await say();
      return all.every(hears);
    });
    await say();
    const last = said.at(-1) as Spoken;
    await fleet.until("all hear the last", () => all.every(({ session }) => session?.has(last)));
  }
  expect(all.flatMap(({ session }) => session?.disorder())).toEqual([]);
}

describe("a fleet with an adapter of Socket.IO's own", () => {
  it.each([
    ["redis", async () => (await admin.pubsub("CHANNELS", "socket.io*")).length > 0],
    [
      "redis-sharded",
      async () => ((await admin.call("PUBSUB", "SHARDCHANNELS", "*")) as string[]).length > 0,
    ],
    ["redis-streams", async () => (await admin.exists("socket.io")) === 1],
  ])("hears through %s what another worker says", async (adapter, isUsed) => {
    const fleet = await host("--adapter", adapter, "--adapter-url", redis.url);
    await allHear(await members(fleet), fleet);
    expect(await isUsed()).toBe(true);
    expect(await fleet.stop()).toBe(0);
  });

  it("joins a site whose hosts hear each other through it, and not a second time through the bridge", async () => {
    const site = ["--redis", redis.url, "--lease", "1s", "--adapter", "redis"];
    const [a, b] = await Promise.all([host(...site), host(...site)]);
    await a.until("they see each other", async () => (await a.status()).site?.hosts.length === 1);
    await allHear([...(await members(a)), ...(await members(b))], a);
  });

  it("says what is wrong with its server, without the password, and serves on", async () => {
    const [port] = await freePorts(1);
    const fleet = await host("--adapter", "redis", "--adapter-url", `redis://:hunter2@127.0.0.1:${port}`);
    await fleet.until("it is said", () => fleet.stderr.includes("The adapter redis has trouble with"));
    expect(fleet.stderr).not.toContain("hunter2");
    expect((await fleet.status()).workers.map(({ state }) => state)).toEqual(["ready", "ready"]);
  });
});
