import type { SiteHandlers } from "../../src/bridge/site.js";
import { MemoryRedis } from "../helpers/memory-site.js";
import { siteContract } from "./site.js";

siteContract("the site in memory", async () => {
  const redis = new MemoryRedis();
  return {
    join: async (host: number, handlers: SiteHandlers) => {
      const site = redis.join(handlers, { host });
      return { site, kill: () => redis.kill(site) };
    },
    away: async (whileAway) => {
      redis.goAway();
      whileAway();
      redis.comeBack();
      await redis.settled();
    },
    joinOther: async (handlers) => ({ site: new MemoryRedis().join(handlers, { host: 0 }) }),
    close: async () => {},
  };
});
