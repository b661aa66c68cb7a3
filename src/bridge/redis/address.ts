/** Bridge, pure: what a Redis URL says. */

import { UsageError } from "../../base/errors.js";

export type Server = { readonly host: string; readonly port: number };

/** Where Redis is, and as whom to log in. */
export type RedisAddress = {
  readonly tls: boolean;
  readonly user?: string;
  readonly password?: string;
  /** Of one server; a cluster has one database only. */
  readonly database: number;
} & (
  | { readonly kind: "single"; readonly server: Server }
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "cluster"; readonly servers: readonly Server[] }
  | { readonly kind: "sentinel"; readonly servers: readonly Server[]; readonly master: string }
);

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const LAST_PORT = 65_535;
const URL_PARTS = /^(redis|rediss|unix)(?:\+(cluster|sentinel|unix))?:\/\/(?:(.*)@)?([^/?#]*)(\/[^?#]*)?$/;
const SERVER = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/;

/**
 * `redis://user:password@host:port/database` and `rediss:` for TLS; `redis+cluster://h1:p,h2:p`; `redis+sentinel://h1:p,h2:p/master`,
 * with the database after it; `redis+unix:///path`. User and password are percent-encoded.
 * @throws {UsageError} in one sentence, which never shows the password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = URL_PARTS.exec(url);
  if (match === null) throw wrong(url, "it does not begin with redis://, rediss:// or a form of them");
  const [, scheme = "", form, login, servers = "", path = "/"] = match;
  const common = { tls: scheme === "rediss", ...parseLogin(url, login) };
  if (scheme === "unix" || form === "unix") return socketAddress(url, common, servers, path);
  if (form === "sentinel") return sentinelAddress(url, common, servers, path);
  const database = parseDatabase(url, path.slice(1));
  if (form === "cluster") {
    if (database !== 0) throw wrong(url, "a cluster has no databases but 0");
    return { ...common, kind: "cluster", database, servers: parseServers(url, servers, REDIS_PORT) };
  }
  const [server, ...more] = parseServers(url, servers, REDIS_PORT);
  if (server === undefined || more.length > 0)
    throw wrong(url, "several servers are written as redis+cluster:// or redis+sentinel://");
  return { ...common, kind: "single", server, database };
}

/** Without user and password: what may be shown. */
export function shownUrl(url: string): string {
  return url.replace(/^([^:/]+:\/\/)(?:.*@)?/, "$1");
}

type Common = { readonly tls: boolean; readonly user?: string; readonly password?: string };

function socketAddress(url: string, common: Common, servers: string, path: string): RedisAddress {
  if (servers !== "" || path === "/")
    throw wrong(url, "a Unix socket is written as redis+unix:///run/redis.sock");
  if (common.tls) throw wrong(url, "there is no TLS on a Unix socket");
  return { ...common, kind: "socket", path: decodeURIComponent(path), database: 0 };
}

function sentinelAddress(url: string, common: Common, servers: string, path: string): RedisAddress {
  const [, master = "", database = "", ...more] = path.split("/");
  if (master === "" || more.length > 0)
    throw wrong(url, "after the sentinels it must name what they call the master, such as /mymaster");
  return {
    ...common,
    kind: "sentinel",
    servers: parseServers(url, servers, SENTINEL_PORT),
    master: decodeURIComponent(master),
    database: parseDatabase(url, database),
  };
}

function parseLogin(url: string, login: string | undefined): { user?: string; password?: string } {
  if (login === undefined) return {};
  const colon = login.indexOf(":");
  try {
    const user = decodeURIComponent(colon === -1 ? login : login.slice(0, colon));
    const password = colon === -1 ? undefined : decodeURIComponent(login.slice(colon + 1));
    return { ...(user !== "" && { user }), ...(password !== undefined && { password }) };
  } catch {
    throw wrong(url, "a % in user or password must be written as %25");
  }
}

function parseServers(url: string, text: string, usualPort: number): Server[] {
  return text.split(",").map((part) => {
    const match = SERVER.exec(part);
    const port = Number(match?.[3] ?? usualPort);
    const host = match?.[1] ?? match?.[2];
    if (host === undefined || port < 1 || port > LAST_PORT)
      throw wrong(url, `${part === "" ? "it names no server" : `"${part}" is no host:port`}`);
    return { host, port };
  });
}

function parseDatabase(url: string, text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw wrong(url, `"${text}" is no number of a database`);
  return Number(text);
}

function wrong(url: string, why: string): UsageError {
  return new UsageError(
    "ERR_REDIS_URL",
    `The Redis URL ${shownUrl(url)} cannot be used: ${why}. Write redis://host:6379, rediss://host:6379, redis+cluster://host1:6379,host2:6379, redis+sentinel://host1:26379/mymaster or redis+unix:///run/redis.sock, with user:password@ before the host where Redis asks for it.`,
  );
}
