/** Bridge: the site over Redis: this host's place in it, its messages, and what is said of both. */

import { join } from "./joining.js";
import { Lookout } from "./membership/lookout.js";
import { Scripts } from "./membership/scripts.js";
import { keysOf } from "./redis/channels.js";
import type { Patience } from "./redis/client-options.js";
import { Connection } from "./redis/connection.js";
import type { RedisSite, RedisSiteSettings } from "./redis-site-types.js";
import { RunningSite } from "./running-site.js";
import type { SiteHandlers } from "./site.js";

/** The beats of one lease: two may be late, and nobody is declared dead. */
const BEATS = 4;
/** Milliseconds. */
const LONGEST_RETRY = 10_000;
const SHORTEST_SILENCE = 10_000;

/**
 * Resolves once this host has its number; no handler is called before that. Waits for as long as Redis is away, and tries
 * again with growing delay.
 * @throws {UsageError} what no waiting heals: URL, login, version, secret, or a number that another host has
 */
export async function createRedisSite(
  settings: RedisSiteSettings,
  handlers: SiteHandlers,
): Promise<RedisSite> {
  const { redis, lease } = settings;
  const beatEvery = lease / BEATS;
  const patience: Patience = {
    retry: Math.min(beatEvery, LONGEST_RETRY),
    silence: Math.max(2 * lease, SHORTEST_SILENCE),
  };
  const connection = new Connection(redis, patience, false);
  const scripts = new Scripts(connection.client, keysOf(redis.prefix));
  const lookout = new Lookout(scripts, lease, beatEvery);
  try {
    const joined = await join({ settings, connection, scripts, lookout, beatEvery });
    const listener = new Connection(redis, patience, joined.agreement.sharded);
    return new RunningSite({ settings, handlers, connection, listener, scripts, lookout, beatEvery, joined });
  } catch (error) {
    connection.close();
    throw error;
  }
}
