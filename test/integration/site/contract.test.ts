import { afterAll, beforeAll } from "vitest";
import { until } from "../../contract/site/rig.js";
import { siteContract } from "../../contract/site.js";
import { type RedisServer, startRedis } from "../../helpers/redis.js";
import { RedisHosts } from "../../helpers/redis-hosts.js";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

siteContract("the site over Redis", async () => {
  const hosts = new RedisHosts(redis.port, { lease: 600 });
  const others = new RedisHosts(redis.port, { prefix: "another", lease: 600 });
  const all: { readonly site: { readonly redis: { readonly up: boolean } } }[] = [];
  return {
    join: async (host, handlers) => {
      const { site, relay } = await hosts.join(handlers, { host, secret: "a secret of the site" });
      all.push({ site });
      return { site, kill: () => relay.cut() };
    },
    away: async (whileAway) => {
      await redis.kill();
      await until(() => all.every(({ site }) => !site.redis.up));
      whileAway();
      await redis.restart();
      await until(() => all.every(({ site }) => site.redis.up));
    },
    joinOther: (handlers) => others.join(handlers, { host: 0, secret: "a secret of the site" }),
    close: async () => {
      await Promise.all([hosts.close(), others.close()]);
    },
  };
});
