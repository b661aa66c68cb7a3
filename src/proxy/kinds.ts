/** Proxy: the proxies for which a configuration can be written. Pure. */

import { apacheConfiguration } from "./apache.js";
import { caddyConfiguration } from "./caddy.js";
import { envoyConfiguration } from "./envoy.js";
import { haproxyConfiguration } from "./haproxy.js";
import { kubernetesConfiguration } from "./kubernetes.js";
import { nginxConfiguration } from "./nginx.js";
import { type Site, STICKY_WAYS, type StickyWay } from "./site.js";
import { traefikConfiguration } from "./traefik.js";

export const PROXY_KINDS = ["nginx", "haproxy", "caddy", "apache", "traefik", "envoy", "kubernetes"] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** The ways to stick that this proxy knows. */
export function waysOf(kind: ProxyKind): readonly StickyWay[] {
  switch (kind) {
    case "apache":
    case "traefik":
      // They have no method that hashes.
      return ["sid", "cookie"];
    case "kubernetes":
      // Names that come and go fit no other.
      return ["sid"];
    default:
      return STICKY_WAYS;
  }
}

/** @returns the whole file that this proxy, or kubectl, is given */
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
    case "traefik":
      return traefikConfiguration(site);
    case "envoy":
      return envoyConfiguration(site);
    case "kubernetes":
      return kubernetesConfiguration(site);
  }
}
