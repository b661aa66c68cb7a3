/** Bridge: the way into the site: waits for Redis, agrees with the hosts that are there, claims a number. */

import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { deferred } from "../base/deferred.js";
import { UsageError } from "../base/errors.js";
import { packageVersion } from "../base/version.js";
import { type Agreement, agree, disagreement, proposal, siteOf, type Wish } from "./membership/agreement.js";
import type { Lookout } from "./membership/lookout.js";
import { chooseNumber } from "./membership/numbers.js";
import { HOST_NUMBERS, type HostRecord, writeRecord } from "./membership/record.js";
import type { Scripts } from "./membership/scripts.js";
import { preferredNumber } from "./redis/channels.js";
import type { Connection } from "./redis/connection.js";
import { refusalOf, tooOld, whyAway } from "./redis/problems.js";
import { hasShardedChannels, isTooOld, versionOf } from "./redis/version.js";
import type { RedisSiteSettings } from "./redis-site-types.js";

export type Joined = { readonly agreement: Agreement; readonly record: HostRecord };

/** Longest wait for the hosts of a Redis that has lost its data to put themselves back. Milliseconds. */
const LONGEST_LOOK = 2000;

export type JoinOptions = {
  readonly settings: RedisSiteSettings;
  readonly connection: Connection;
  readonly scripts: Scripts;
  readonly lookout: Lookout;
  readonly beatEvery: number;
};

/**
 * Goes on until it is in, however long Redis is away.
 * @throws {UsageError} what no waiting heals; the reason of the signal when that is aborted
 */
export async function join(options: JoinOptions): Promise<Joined> {
  const { settings, connection, beatEvery } = options;
  let told: string | undefined;
  for (;;) {
    settings.signal?.throwIfAborted();
    try {
      const joined = await attempt(options);
      if (told !== undefined) settings.said("info", "redis-back", "Redis answers");
      return joined;
    } catch (error) {
      settings.signal?.throwIfAborted();
      const cause = connection.ready ? error : (connection.lastError ?? error);
      const refusal = error instanceof UsageError ? error : refusalOf(settings.redis.url, cause);
      if (refusal !== undefined) throw refusal;
      const why = whyAway(cause);
      if (why !== told)
        settings.said(
          "warn",
          "redis-away",
          `Redis does not answer (${why}); this host goes on trying to join the site`,
        );
      told = why;
      await sleep(Math.min(beatEvery, 500), undefined, { signal: settings.signal });
    }
  }
}

async function attempt(options: JoinOptions): Promise<Joined> {
  const { settings, connection } = options;
  await untilReady(connection, settings);
  const version = versionOf(await connection.client.info("server"));
  if (version !== undefined && isTooOld(version)) throw tooOld(settings.redis.url, version);
  const wish: Wish = {
    secret: settings.secret,
    made: randomBytes(32).toString("hex"),
    sharded: version !== undefined && hasShardedChannels(version),
  };
  await letOthersComeFirst(options);
  const agreement = await agreed(options, wish);
  const record = await claimed(options);
  return { agreement, record };
}

/** An empty Redis may have lost its data: the hosts that live put themselves back within a beat. */
async function letOthersComeFirst({ settings, scripts }: JoinOptions): Promise<void> {
  const { hosts, site } = await scripts.look();
  if (hosts.length > 0 || site.length > 0) return;
  await sleep(Math.min(settings.lease, LONGEST_LOOK), undefined, { signal: settings.signal });
}

/** Whoever was here before may have left another secret behind; while one of them lives it counts. */
async function agreed(options: JoinOptions, wish: Wish): Promise<Agreement> {
  const { settings, scripts, lookout } = options;
  const { url, prefix } = settings.redis;
  for (;;) {
    const agreement = agree(siteOf(await scripts.agree(proposal(wish))), wish);
    if (typeof agreement !== "string") return agreement;
    const { fields, stale } = await lookout.look();
    const living = [...fields.keys()].filter((host) => !stale.has(host));
    if (living.some((host) => lookout.alive.has(host))) throw disagreement(url, prefix, agreement);
    if (living.length === 0) await scripts.forget(stale, true);
    else await sleep(options.beatEvery, undefined, { signal: settings.signal });
  }
}

async function claimed(options: JoinOptions): Promise<HostRecord> {
  const { settings, scripts, lookout } = options;
  const { fleet, address, token } = settings;
  const preferred = preferredNumber(fleet, `${address}:${settings.port}`, HOST_NUMBERS);
  let told = false;
  for (;;) {
    const { fields, stale } = await lookout.look();
    const view = { wanted: settings.host, preferred, token, fields, stale, alive: lookout.alive };
    const claim = chooseNumber(view);
    if (claim.do === "refuse") throw numberTaken(claim.holder);
    if (claim.do === "claim") {
      const record = newRecord(settings, claim.host);
      if (await scripts.claim(claim.host, token, writeRecord(record), claim.over)) return record;
      continue;
    }
    if (!told)
      settings.said(
        "info",
        "host-number-wait",
        `waits for a host number: ${claim.why}; if that host is gone, it is this one's after the lease`,
      );
    told = true;
    await sleep(options.beatEvery, undefined, { signal: settings.signal });
  }
}

function newRecord(settings: RedisSiteSettings, host: number): HostRecord {
  const { token, fleet, address, port, workers, sessions = 0 } = settings;
  const epoch = randomInt(1, 2 ** 32);
  return {
    host,
    token,
    fleet,
    address,
    port,
    workers,
    sessions,
    version: packageVersion(),
    epoch,
    beat: 1,
  };
}

function numberTaken({ host, fleet, address, port }: HostRecord): UsageError {
  return new UsageError(
    "ERR_HOST_NUMBER",
    `Host number ${host} is that of fleet ${fleet} at ${address}:${port}, which lives. Give this host another --host-number, or none: then it gets one that is free.`,
  );
}

/** @throws why not, when the connection fails, or nothing was heard for a lease */
async function untilReady(connection: Connection, { lease, signal }: RedisSiteSettings): Promise<void> {
  if (connection.ready) return;
  const { promise, resolve, reject } = deferred();
  const aborted = () => reject(signal?.reason);
  const timer = setTimeout(() => reject(new Error(`no answer for ${lease} ms`)), lease);
  signal?.addEventListener("abort", aborted);
  const closed = (): void => reject(connection.lastError ?? new Error("the connection was closed"));
  connection.handle({ ready: resolve, failed: reject, closed });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    connection.handle({});
    signal?.removeEventListener("abort", aborted);
  }
}
