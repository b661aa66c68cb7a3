/** The official emitter, in a process of its own as far as Redis can tell: what the bridge makes of what it publishes. */

import { Emitter } from "@socket.io/redis-emitter";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EmitterOrder, listenToEmitter } from "../../../src/bridge/emitter/listen.js";
import { until } from "../../contract/site/rig.js";
import { type RedisServer, startRedis } from "../../helpers/redis.js";
import { RedisHosts } from "../../helpers/redis-hosts.js";

let redis: RedisServer;
let client: Redis;
let hosts: RedisHosts;

beforeAll(async () => {
  redis = await startRedis();
  client = new Redis(redis.url);
  hosts = new RedisHosts(redis.port, { lease: 600 });
});
afterAll(async () => {
  client.disconnect();
  await hosts.close();
  await redis.stop();
});

it("every order of the official emitter arrives as it was given, and what makes no sense is counted", async () => {
  const orders: EmitterOrder[] = [];
  const { site } = await hosts.join();
  const { counters } = listenToEmitter(site, (order) => orders.push(order));
  await until(() => site.redis.up);
  const patterns = async () => Number(await client.call("PUBSUB", "NUMPAT"));
  while ((await patterns()) < 2) await new Promise((resolve) => setImmediate(resolve));

  const emitter = new Emitter(client);
  const bytes = Buffer.from([0, 255, 128]);
  emitter.emit("news", { a: [1, "ü"] }, bytes);
  emitter.to("room#1").except(["x", "y"]).volatile.emit("one");
  emitter.of("/admin").to(["r1", "r2"]).compress(false).emit("two", null);
  emitter.in("r1").socketsJoin("r2");
  emitter.of("/admin").socketsLeave(["r1", "r2"]);
  emitter.except("r1").disconnectSockets(true);
  emitter.serverSideEmit("hello", 1, "two");
  await client.publish("socket.io#/#", "no MessagePack");
  await client.publish("socket.io-request#/#", "{");
  await client.publish("socket.io-request#/#", JSON.stringify({ uid: "a server", type: 2, rooms: ["r"] }));
  await until(() => counters.orders + counters.malformed + counters.foreign === 10);

  const all = { rooms: [], except: [], flags: {} };
  expect(orders).toEqual([
    {
      kind: "broadcast",
      namespace: "/",
      opts: all,
      packet: { type: 2, nsp: "/", data: ["news", { a: [1, "ü"] }, bytes] },
    },
    {
      kind: "broadcast",
      namespace: "/",
      opts: { rooms: ["room#1"], except: ["x", "y"], flags: { volatile: true } },
      packet: { type: 2, nsp: "/", data: ["one"] },
    },
    {
      kind: "broadcast",
      namespace: "/admin",
      opts: { rooms: ["r1", "r2"], except: [], flags: { compress: false } },
      packet: { type: 2, nsp: "/admin", data: ["two", null] },
    },
    { kind: "join", namespace: "/", opts: { ...all, rooms: ["r1"] }, rooms: ["r2"] },
    { kind: "leave", namespace: "/admin", opts: all, rooms: ["r1", "r2"] },
    { kind: "disconnect", namespace: "/", opts: { ...all, except: ["r1"] }, close: true },
    { kind: "emit", namespace: "/", opts: all, args: ["hello", 1, "two"] },
  ]);
  expect(counters).toEqual({ orders: 7, malformed: 2, foreign: 1 });
});

it("orders come again after Redis was killed and restarted", async () => {
  const orders: EmitterOrder[] = [];
  const { site } = await hosts.join();
  listenToEmitter(site, (order) => orders.push(order), "other [key]*");
  await redis.kill();
  await until(() => !site.redis.up);
  await redis.restart();
  const emitter = () => new Emitter(client, { key: "other [key]*" }).emit("again");
  while (orders.length === 0) {
    if (client.status === "ready") emitter();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(orders[0]).toMatchObject({ kind: "broadcast", packet: { data: ["again"] } });
});
