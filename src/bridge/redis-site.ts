/** Bridge: the site over Redis: this host's place in it, its messages, and what is said of both. */

import type { BridgeSettings } from "../protocol/bridge-messages.js";
import { join } from "./joining.js";
import { Lookout } from "./membership/lookout.js";
import { Scripts } from "./membership/scripts.js";
import { keysOf } from "./redis/channels.js";
import type { Patience } from "./redis/client-options.js";
import { Connection } from "./redis/connection.js";
import { RunningSite } from "./running-site.js";
import type { Site, SiteHandlers } from "./site.js";

export type RedisSiteSettings = Pick<
  BridgeSettings,
  "fleet" | "redis" | "host" | "token" | "secret" | "lease" | "workers"
> & {
  /** What other hosts dial: the gateway listens already. */
  readonly address: string;
  readonly port: number;
  readonly sessions?: number;
  readonly said: Said;
  /** Ends the wait for a Redis that is away, or for a number; nothing else. */
  readonly signal?: AbortSignal;
};

/** Each change once: for the log. */
export type Said = (level: "info" | "warn", event: string, sentence: string) => void;

export type Load = { readonly workers: number; readonly sessions: number };

export type RedisSite = Site & {
  /** Shared by the hosts of the site: the configured one, or that which its first host has made. */
  readonly secret: string;
  /** What the others are to know of this host; they hear it with its next beat. */
  setLoad(load: Load): void;
  /** Hears what anybody publishes (PUBLISH) on channels that match. */
  listenPattern(pattern: string, heard: (channel: string, message: Buffer) => void): void;
};

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
