/** Paper scale: what the Redis client alone costs a bridge for each message, out and in: less than that no bridge can cost. */

import { Redis } from "ioredis";
import { RedisServer } from "../../servers/redis.js";
import type { UnitCosts } from "../figures.js";

/** Messages that leave in one turn of the loop, and so in one write. */
const BURST = 4;
const MESSAGE = Buffer.alloc(300, "m");
const CHANNEL = "{scale}:client";

/** @param messages of each direction */
export async function measureClient(messages: number): Promise<Pick<UnitCosts, "bridgeOut" | "bridgeIn">> {
  const redis = await RedisServer.start();
  const [publisher, subscriber] = [new Redis(redis.url), new Redis(redis.url)];
  try {
    await publishAll(publisher, messages);
    const out = await publishAll(publisher, messages);
    subscriber.on("smessageBuffer", () => {});
    await subscriber.ssubscribe(CHANNEL);
    await publishAll(publisher, messages);
    const both = await publishAll(publisher, messages);
    return { bridgeOut: out, bridgeIn: Math.max(0, both - out) };
  } finally {
    publisher.disconnect();
    subscriber.disconnect();
    await redis.stop();
  }
}

/** @returns microseconds of this process for each message */
async function publishAll(publisher: Redis, messages: number): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < messages; sent += BURST) {
    const burst = Array.from({ length: BURST }, () => publisher.spublish(CHANNEL, MESSAGE));
    await Promise.all(burst);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / messages;
}
