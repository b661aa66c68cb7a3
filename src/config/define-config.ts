/** Config: the shape of `holdfast.config.ts`, as editors show it. No imports, so that a config file loads nothing. */

/** Milliseconds, or text with a unit: `500`, `"500ms"`, `"30s"`, `"2m"`. */
export type Duration = number | string;

/** Everything that a config file may say; what it leaves out keeps its default. See docs/config.md. */
export type HoldfastConfig = {
  /** Name of the fleet. Default: `name` in the app's package.json. */
  name?: string;
  /** A number, `"auto"`, or a share of the processors such as `"50%"`. Default: `"auto"`. */
  workers?: number | string;
  /** Port of the app's first listener, whatever the app asks for. */
  port?: number;
  /** Address of the app's first listener. */
  host?: string;
  /** A socket for each slot: `"ports:4000"` is port 4000 + slot, `"pipes:/run/chat"` the Unix socket /run/chat/<slot>.sock. */
  listen?: string;
  /** Where `/livez`, `/readyz`, `/startupz`, `/healthz` and `/metrics` are answered: `9464`, `"0.0.0.0:9464"`. Default: nowhere. */
  admin?: number | string;
  /** Which worker gets a new session. Default: `"least-sessions"`. */
  policy?: "least-sessions" | "round-robin" | "ip-hash" | "cookie";
  /**
   * Proxies that are believed in what they say of the client: addresses, networks, `"loopback"`, `"linklocal"`, `"uniquelocal"`, `"unix"`;
   * or how many hops; or `true`, every one. Default: none.
   */
  trustProxy?: boolean | number | readonly string[] | string;
  /** The header that those proxies write. Default: `"auto"`. */
  trustHeader?: "auto" | "x-forwarded-for" | "forwarded";
  /** Connections from trusted proxies begin with a header of the PROXY protocol. Default: `false`. */
  proxyProtocol?: boolean;
  /** Number of this host, 0 to 1295, where several stand behind one proxy: session ids begin with it. Default: `0`; with `redis`, the site gives one. */
  hostNumber?: number;
  /** The Redis or Valkey that joins several hosts: `"redis://10.0.0.5:6379"`. Default: none. */
  redis?: string;
  /** Begins every key and channel; hosts with the same are one site. Default: `"holdfast"`. */
  redisPrefix?: string;
  /** PEM files for TLS with Redis: the authority, and this host's own certificate and key. */
  redisCa?: string;
  redisCert?: string;
  redisKey?: string;
  /** How long a start waits for a Redis that does not answer. Default: for ever. */
  redisWait?: Duration;
  /** Where other hosts bring what belongs here: `"10.0.0.7:7600"`, `7600`. Default: all addresses, any free port. */
  siteListen?: number | string;
  /** What the other hosts dial: `"10.0.0.7"`, `"node7.internal:7600"`. Default: this machine's first address that is not loopback. */
  advertise?: string;
  /** The same on all hosts of a site, 16 characters or more. Default: one that the first host makes, and Redis keeps. */
  siteSecret?: string;
  /** PEM files for TLS between hosts: this host's certificate and key, and the authority that has signed those of all. */
  siteCert?: string;
  siteKey?: string;
  siteCa?: string;
  /** A host that has told Redis nothing for so long is gone. Default: `"5s"`. */
  lease?: Duration;
  /** What carries broadcasts; all but the first are packages that the app has installed. Default: `"holdfast"`. */
  adapter?: "holdfast" | "redis" | "redis-sharded" | "redis-streams" | "postgres" | "mongo";
  /** The server of such an adapter. Default: that of `redis`. */
  adapterUrl?: string;
  /** Form of Holdfast's own lines. Default: `"pretty"`. */
  log?: "pretty" | "json";
  /** Put the slot before each line that the app prints. Default: `true`. */
  prefix?: boolean;
  /** Ready when the app says `process.send("ready")`, not already when it listens. Default: `false`. */
  waitReady?: boolean;
  /** A worker that is not ready by then is killed. Default: `"30s"`. */
  bootTimeout?: Duration;
  /** How long a worker may take to drain before it is killed. Default: `"25s"`. */
  drainTimeout?: Duration;
  /** How long a worker may take to move its sessions to others; `0`: it moves none. Default: `"30s"`. */
  handoffTimeout?: Duration;
  /** How many workers a reload replaces at a time. Default: `1`. */
  parallel?: number;
  /** How long the fleet serves on after it was told to stop, with `/readyz` at 503. Default: `0`. */
  shutdownDelay?: Duration;
  /** First pause before a dead worker is started again; doubles. Default: `"100ms"`. */
  restartDelay?: Duration;
  /** Longest such pause. Default: `"15s"`. */
  restartDelayMax?: Duration;
  /** Ready for so long means healthy: earlier failures are forgotten. Default: `"10s"`. */
  minUptime?: Duration;
  /** Failed starts in a row after which the fleet gives up. Default: `8`. */
  maxFailures?: number;
  /** Arguments for node in every worker. */
  nodeArgs?: readonly string[] | string;
};

/** Returns what it was given: it is there for the types, `export default defineConfig({ … })`. */
export function defineConfig(config: HoldfastConfig): HoldfastConfig {
  return config;
}
