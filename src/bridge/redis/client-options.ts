/** Bridge: an address of Redis as options of ioredis, with the files for TLS read. */

import { readFileSync } from "node:fs";
import type { ClusterOptions, RedisOptions } from "ioredis";
import { messageOf, UsageError } from "../../base/errors.js";
import type { RedisSettings } from "../../protocol/bridge-messages.js";
import type { RedisAddress } from "./address.js";

type Tls = { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };

/** Milliseconds. */
export type Patience = {
  /** Longest wait before a connection is tried again. */
  readonly retry: number;
  /** Redis has been asked and is silent for so long: the connection is given up. */
  readonly silence: number;
};

const FIRST_RETRY = 50;
const CONNECT_TIMEOUT = 5000;

/** @throws {UsageError} a file cannot be read */
export function readTls({ ca, cert, key }: RedisSettings): Tls {
  return {
    ...(ca !== undefined && { ca: readFile(ca) }),
    ...(cert !== undefined && { cert: readFile(cert) }),
    ...(key !== undefined && { key: readFile(key) }),
  };
}

/** 50 ms, then twice as long each time; a little of chance keeps the hosts of a site from coming all at once. */
export function retryDelay(times: number, longest: number): number {
  const delay = Math.min(FIRST_RETRY * 2 ** Math.min(times - 1, 20), longest);
  return Math.round(delay * (0.8 + Math.random() * 0.2));
}

/** Nothing is queued or sent again by ioredis: the outbox does the one, and nobody the other. */
export function singleOptions(address: RedisAddress, tls: Tls, patience: Patience): RedisOptions {
  return {
    ...common(address, tls, patience),
    ...placeOf(address, tls),
    db: address.database,
    enableOfflineQueue: false,
    retryStrategy: (times) => retryDelay(times, patience.retry),
    sentinelRetryStrategy: (times) => retryDelay(times, patience.retry),
  };
}

export function clusterOptions(
  address: RedisAddress,
  tls: Tls,
  patience: Patience,
  sharded: boolean,
): ClusterOptions {
  return {
    redisOptions: common(address, tls, patience),
    enableOfflineQueue: false,
    // A command that was under way when the connection broke is not sent again.
    retryDelayOnFailover: 0,
    shardedSubscribers: sharded,
    clusterRetryStrategy: (times) => retryDelay(times, patience.retry),
    // Certificates name hosts: what the cluster says is dialled as it is.
    ...(address.tls && { dnsLookup: (name, callback) => callback(null, name) }),
  };
}

function common({ user, password, tls: secure }: RedisAddress, tls: Tls, { silence }: Patience) {
  return {
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(secure && { tls: { ...tls } }),
    connectionName: "holdfast-bridge",
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: silence,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // What is under way fails as soon as the connection breaks.
    maxRetriesPerRequest: 0,
  } satisfies RedisOptions;
}

function placeOf(address: RedisAddress, tls: Tls): RedisOptions {
  switch (address.kind) {
    case "single":
      return { host: address.server.host, port: address.server.port };
    case "socket":
      return { path: address.path };
    case "sentinel":
      return {
        sentinels: [...address.servers],
        name: address.master,
        ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: { ...tls } }),
      };
    case "cluster":
      throw new Error("a cluster has options of its own");
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(
      "ERR_REDIS_TLS",
      `The file ${path} for the connection to Redis cannot be read (${messageOf(cause)}). Give the path of a PEM file that this user may read.`,
      { cause },
    );
  }
}
