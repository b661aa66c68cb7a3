/** The app with one of Socket.IO's own adapters for Redis, as their READMEs say, on a port of its own. */

import { createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { createEchoServer } from "./echo-server.mjs";

const { BENCH_ADAPTER, BENCH_REDIS = "", PORT } = process.env;
const client = new Redis(BENCH_REDIS);
const { httpServer, io } = createEchoServer();

if (BENCH_ADAPTER === "redis-sharded") {
  io.adapter(createShardedAdapter(client, client.duplicate(), { subscriptionMode: "dynamic" }));
} else io.adapter(createStreamsAdapter(client));

httpServer.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${PORT}`));
