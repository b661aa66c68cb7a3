/** Paper scale: what one message costs the real redis-server: processor time of its process while it carries known numbers of them. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { cpuOf } from "../../servers/process-tree.js";
import { RedisServer } from "../../servers/redis.js";
import type { UnitCosts } from "../figures.js";

type RedisCosts = Pick<
  UnitCosts,
  | "redisDirect"
  | "redisPublish"
  | "redisDelivery"
  | "redisKilobyteIn"
  | "redisKilobyteOut"
  | "redisBeat"
  | "redisRecord"
>;

/** Connections that publish at the same time, each one message after another, as bridges do that write as soon as they have something. */
const PUBLISHERS = 16;
const FEW = 2;
const MANY = 34;
const SMALL = 200;
const LARGE = 4_200;

/** One beat, as the bridges raise it: writes the own record and reads all. */
const BEAT = "redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) return redis.call('HGETALL',KEYS[1])";
const FEW_HOSTS = 2;
const MANY_HOSTS = 102;
const RECORD = "r".repeat(250);

/** @param measured for each of the eight figures. Milliseconds */
export async function measureRedis(measured: number): Promise<RedisCosts> {
  const redis = await RedisServer.start();
  try {
    const toAll = (subscribers: number, bytes: number) =>
      messageCost(redis, { channels: 1, subscribers, bytes }, measured);
    const fewSmall = await toAll(FEW, SMALL);
    const manySmall = await toAll(MANY, SMALL);
    const fewLarge = await toAll(FEW, LARGE);
    const manyLarge = await toAll(MANY, LARGE);
    const direct = await messageCost(redis, { channels: PUBLISHERS, subscribers: 1, bytes: SMALL }, measured);
    const kilobytes = (LARGE - SMALL) / 1_000;
    const delivery = (manySmall - fewSmall) / (MANY - FEW);
    // May come out below 0 by the scatter of the measurement, where a kilobyte more costs next to nothing.
    const out = Math.max(0, ((manyLarge - fewLarge) / (MANY - FEW) - delivery) / kilobytes);
    const into = Math.max(0, (fewLarge - fewSmall) / kilobytes - out * FEW);
    const fewHosts = await beatCost(redis, FEW_HOSTS, measured);
    const manyHosts = await beatCost(redis, MANY_HOSTS, measured);
    const record = Math.max(0, (manyHosts - fewHosts) / (MANY_HOSTS - FEW_HOSTS));
    const small = SMALL / 1_000;
    return {
      redisDirect: direct - (into + out) * small,
      redisPublish: fewSmall - FEW * delivery - into * small,
      redisDelivery: delivery - out * small,
      redisKilobyteIn: into,
      redisKilobyteOut: out,
      redisBeat: fewHosts - FEW_HOSTS * record,
      redisRecord: record,
    };
  } finally {
    await redis.stop();
  }
}

type Messages = { readonly channels: number; readonly subscribers: number; readonly bytes: number };

/** Microseconds of redis-server for one message. Publishers use the channels in turn; each channel has subscribers of its own. */
async function messageCost(redis: RedisServer, { channels, subscribers, bytes }: Messages, measured: number) {
  const names = Array.from({ length: channels }, (_, at) => `{scale}:${at}`);
  const receivers = await Promise.all(
    names.flatMap((name) => Array.from({ length: subscribers }, () => subscribe(redis, name))),
  );
  const orders = names.map((name) => command("SPUBLISH", name, "m".repeat(bytes)));
  return costOf(redis, orders, /\r\n$/, measured).finally(() => close(receivers));
}

async function subscribe(redis: RedisServer, channel: string): Promise<Socket> {
  const socket = await open(redis.port);
  const subscribed = once(socket, "data");
  socket.write(command("SSUBSCRIBE", channel));
  await subscribed;
  return socket.on("data", () => {});
}

/** Microseconds of redis-server for one beat in a site of so many hosts. */
async function beatCost(redis: RedisServer, hosts: number, measured: number): Promise<number> {
  const key = `{scale}:hosts:${hosts}`;
  const setUp = await open(redis.port);
  for (let host = 0; host < hosts; host += 1) {
    setUp.write(command("HSET", key, `${host}`, RECORD));
    await once(setUp, "data");
  }
  close([setUp]);
  // The reply is complete with the last record's last byte; each begins alike, so its length tells.
  return costOf(redis, [command("EVAL", BEAT, "1", key, "0", RECORD)], /r\r\n$/, measured);
}

/** Sends an order on each connection as soon as the reply to the last one has come. @returns microseconds of redis-server for each */
async function costOf(
  redis: RedisServer,
  orders: readonly string[],
  end: RegExp,
  measured: number,
): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: PUBLISHERS }, () => open(redis.port)));
  let done = 0;
  let running = true;
  const idle = sockets.map(
    (socket, at) =>
      new Promise<void>((resolve) => {
        const order = orders[at % orders.length] ?? "";
        socket.on("data", (part: Buffer) => {
          if (!end.test(part.toString("latin1", Math.max(0, part.length - 4)))) return;
          done += 1;
          if (running) socket.write(order);
          else resolve();
        });
        socket.write(order);
      }),
  );
  await pause(measured / 4);
  const [before, from] = [cpuOf([redis.child.pid]), done];
  await pause(measured);
  const [after, to] = [cpuOf([redis.child.pid]), done];
  running = false;
  await Promise.all(idle);
  close(sockets);
  return (after - before) / (to - from);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  return socket;
}

function close(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
