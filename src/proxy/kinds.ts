/** Proxy: the proxies for which a configuration can be written. Pure. */

import { apacheConfiguration } from "./apache.js";
import { caddyConfiguration } from "./caddy.js";
import { haproxyConfiguration } from "./haproxy.js";
import { nginxConfiguration } from "./nginx.js";
import { type Site, STICKY_WAYS, type StickyWay } from "./site.js";

export const PROXY_KINDS = ["nginx", "haproxy", "caddy", "apache"] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** The ways to stick that this proxy knows. */
export function waysOf(kind: ProxyKind): readonly StickyWay[] {
  // Apache has no method that hashes.
  return kind === "apache" ? ["sid", "cookie"] : STICKY_WAYS;
}

/** @returns the whole file that this proxy is started with */
export function proxyConfiguration(kind: ProxyKind, site: Site): string {
  switch (kind) {
    case "nginx":
      return nginxConfiguration(site);
    case "haproxy":
      return haproxyConfiguration(site);
    case "caddy":
      return caddyConfiguration(site);
    case "apache":
      return apacheConfiguration(site);
  }
}
