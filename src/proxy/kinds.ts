/** Proxy: the proxies for which a configuration can be written. Pure. */

import { caddyConfiguration } from "./caddy.js";
import { haproxyConfiguration } from "./haproxy.js";
import { nginxConfiguration } from "./nginx.js";
import type { Site } from "./site.js";

export const PROXY_KINDS = ["nginx", "haproxy", "caddy"] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** @returns the whole file that this proxy is started with */
export function proxyConfiguration(kind: ProxyKind, site: Site): string {
  switch (kind) {
    case "nginx":
      return nginxConfiguration(site);
    case "haproxy":
      return haproxyConfiguration(site);
    case "caddy":
      return caddyConfiguration(site);
  }
}
