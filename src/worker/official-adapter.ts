/**
 * Worker: an adapter of Socket.IO's own in the place of Holdfast's (`--adapter`). Package and client library are the app's, so that
 * there is one copy of each, in the version that the app has chosen.
 */

import { readFileSync } from "node:fs";
import { HoldfastError, messageOf } from "../base/errors.js";
import { adapterPackages } from "../config/adapter-packages.js";
import { ADAPTER_NEEDS, type AdapterSettings } from "../config/adapters.js";
import { redactUrl } from "../config/server-url.js";
import type { AdapterConstructor } from "./internals/socket-io.js";
import { type Pg, type PostgresAdapterPackage, postgresAdapter } from "./postgres-adapter.js";

/** As these packages export it. */
type Create = (...parts: unknown[]) => AdapterConstructor;
type AdapterPackage = { readonly createAdapter: Create; readonly createShardedAdapter?: Create };

type Client = {
  on(event: string, listener: (error: Error) => void): unknown;
  duplicate(...changes: unknown[]): Client;
  connect(): Promise<unknown>;
  /** ioredis: the connection that stands. */
  readonly stream?: { unref?(): void };
  /** redis: the same for all connections. */
  unref?(): void;
};
type IoRedis = { readonly Redis: new (url: string, options: object) => Client };
type NodeRedis = { createClient(options: object): Client };
type Mongo = { readonly MongoClient: new (url: string) => MongoClient };
type MongoClient = { connect(): Promise<unknown>; db(): MongoDatabase };
type MongoDatabase = {
  createCollection(name: string, options: object): Promise<unknown>;
  collection(name: string): unknown;
};

type Loaded = AdapterSettings & {
  readonly adapter: AdapterPackage;
  readonly client: string;
  readonly library: unknown;
  readonly warn: (sentence: string) => void;
};

export type OfficialAdapter = {
  readonly adapter: AdapterConstructor;
  /** When the worker has drained: lets the other servers know, where they would wait for it otherwise. */
  leave?(): Promise<void>;
};

/** Of the events that wait in MongoDB for slow servers. Bytes. */
const CAPPED = 1e6;

/**
 * @param entry path of the app @param warn takes sentences for the log; never a password
 * @throws {HoldfastError} ERR_ADAPTER_PACKAGE when a package is not there, or is built in another way
 */
export async function officialAdapter(
  settings: AdapterSettings,
  entry: string,
  warn: (sentence: string) => void,
): Promise<OfficialAdapter> {
  const { require, client, missing } = adapterPackages(settings.name, entry);
  if (client === undefined || missing.length > 0)
    throw new HoldfastError("ERR_ADAPTER_PACKAGE", `The app does not have ${missing.join(" and ")}.`);
  const adapter = require(ADAPTER_NEEDS[settings.name].package) as AdapterPackage;
  const loaded: Loaded = { ...settings, adapter, client, library: require(client), warn };
  if (settings.name !== "postgres") return { adapter: await make(loaded) };
  const complain = (error: Error): void => warn(words(loaded, error));
  return postgresAdapter(adapter as PostgresAdapterPackage, loaded.library as Pg, settings.url, complain);
}

async function make(loaded: Loaded): Promise<AdapterConstructor> {
  const { name, adapter } = loaded;
  switch (name) {
    case "redis":
    case "redis-sharded": {
      const publisher = redisClient(loaded);
      const subscriber = watched(publisher.duplicate(), loaded);
      const create = name === "redis" ? adapter.createAdapter : adapter.createShardedAdapter;
      if (create === undefined)
        throw new HoldfastError(
          "ERR_ADAPTER_PACKAGE",
          "The app's @socket.io/redis-adapter has no sharded adapter: npm install @socket.io/redis-adapter@latest, or write --adapter redis.",
        );
      return create(publisher, subscriber);
    }
    case "redis-streams":
      return adapter.createAdapter(redisClient(loaded));
    default:
      return adapter.createAdapter(await mongoCollection(loaded));
  }
}

function redisClient(loaded: Loaded): Client {
  const { client, library, url, tls } = loaded;
  const files = Object.fromEntries(Object.entries(tls ?? {}).map(([key, file]) => [key, readFileSync(file)]));
  if (client === "ioredis") {
    const { Redis } = library as IoRedis;
    return watched(new Redis(url, tls === undefined ? {} : { tls: files }), loaded);
  }
  const { createClient } = library as NodeRedis;
  return watched(createClient({ url, ...(tls && { socket: { tls: true, ...files } }) }), loaded);
}

function watched(client: Client, loaded: Loaded): Client {
  complain(client, loaded);
  letGo(client, loaded.client === "ioredis");
  if (loaded.client !== "ioredis") {
    client.connect().catch((error: Error) => loaded.warn(words(loaded, error)));
  }
  return client;
}

/** The app alone decides how long its process lives: these connections do not, nor do those that an adapter makes of them. */
function letGo(client: Client, isIoRedis: boolean): Client {
  if (isIoRedis) client.on("connect", () => client.stream?.unref?.());
  // Each time: redis (6.3) forgets it for a connection that does not stand yet.
  else client.on("ready", () => client.unref?.());
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...changes) => letGo(duplicate(...changes), isIoRedis);
  return client;
}

async function mongoCollection(loaded: Loaded): Promise<unknown> {
  const { MongoClient } = loaded.library as Mongo;
  const client = new MongoClient(loaded.url);
  await client.connect();
  const name = "socket.io-adapter-events";
  // Exists already: another worker was first.
  await client
    .db()
    .createCollection(name, { capped: true, size: CAPPED })
    .catch(() => {});
  return client.db().collection(name);
}

function complain(client: Pick<Client, "on">, loaded: Loaded): void {
  client.on("error", (error) => loaded.warn(words(loaded, error)));
}

function words({ name, url }: Loaded, error: Error): string {
  const shown = redactUrl(url);
  // Some libraries put the URL that they were given into their errors.
  const why = messageOf(error).replaceAll(url, shown).replace(/\.$/, "") || "the connection broke";
  return `The adapter ${name} has trouble with ${shown}: ${why}. Its client goes on trying.`;
}
