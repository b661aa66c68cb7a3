/** Config: adapters of Socket.IO's own that a fleet can hand broadcasts to, the packages that they need and their clients. Pure. */

/** What `--adapter` may be; the first is the one that needs nobody. */
export const ADAPTERS = ["holdfast", "redis", "redis-sharded", "redis-streams", "postgres", "mongo"] as const;

export type AdapterName = Exclude<(typeof ADAPTERS)[number], "holdfast">;

export type AdapterNeeds = {
  readonly package: string;
  /** One of them, the first that is there. */
  readonly clients: readonly string[];
  /** How its URL may begin. */
  readonly urls: readonly string[];
};

const REDIS = { clients: ["ioredis", "redis"], urls: ["redis:", "rediss:"] } as const;

export const ADAPTER_NEEDS: Readonly<Record<AdapterName, AdapterNeeds>> = {
  redis: { package: "@socket.io/redis-adapter", ...REDIS },
  "redis-sharded": { package: "@socket.io/redis-adapter", ...REDIS },
  "redis-streams": { package: "@socket.io/redis-streams-adapter", ...REDIS },
  postgres: {
    package: "@socket.io/postgres-adapter",
    clients: ["pg"],
    urls: ["postgres:", "postgresql:"],
  },
  mongo: {
    package: "@socket.io/mongo-adapter",
    clients: ["mongodb"],
    urls: ["mongodb:", "mongodb+srv:"],
  },
};

/** `--adapter` and `--adapter-url`, where it is not Holdfast's own. */
export type AdapterSettings = {
  readonly name: AdapterName;
  readonly url: string;
  /** Files for TLS, where the server is that of `--redis`. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
};
