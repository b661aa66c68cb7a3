/** Config, pure: URLs of servers that hold a user and a password: whether they can be one, and how they may be shown. */

const REDIS_URL = /^rediss?(?:\+(?:cluster|sentinel))?:\/\/(?:[^/?#]*@)?([^@/?#]+)(?:[/?#].*)?$/;
/** A name, an IPv4 address or an IPv6 address in brackets, and a port where there is one. */
const SERVER = /^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/;
const LAST_PORT = 65_535;

/** @param text such as `redis://user:password@10.0.0.5:6379/0`, several servers separated by commas, or the path of a Unix socket */
export function isRedisUrl(text: string): boolean {
  if (/^(?:redis\+)?unix:\/\/(?:[^/?#]*@)?\/./.test(text)) return true;
  const servers = REDIS_URL.exec(text)?.[1]?.split(",") ?? [];
  const several = /^rediss?\+/.test(text);
  return servers.length > 0 && (several || servers.length === 1) && servers.every(isServer);
}

function isServer(text: string): boolean {
  const match = SERVER.exec(text);
  const port = Number(match?.[1] ?? 1);
  return match !== null && port >= 1 && port <= LAST_PORT;
}

/** Any server that an adapter may know. */
export function isAdapterUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/.test(text);
}

/** As `user:password@`, or in a parameter such as `?password=`. */
export function hasPassword(url: string): boolean {
  return (
    /^[^:]+:\/\/[^/?#]*:[^/?#]+@/.test(url) || /[?&][^=&#]*(?:pass|secret|token)[^=&#]*=[^&#]/i.test(url)
  );
}

/** Without user, password and parameters, which may be one as well: `redis://10.0.0.5:6379/0`. Text that is no URL is not shown. */
export function redactUrl(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(?:.*@)?([^@?#]*)/i.exec(url);
  return match === null ? "(not shown)" : `${match[1]}${match[2]}`;
}
