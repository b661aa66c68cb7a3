/** CLI: what a site may ask for that not every kind of proxy can do. Pure. */

import { UsageError } from "../base/errors.js";
import { addressParts } from "../proxy/address.js";
import { findsKey } from "../proxy/haproxy.js";
import type { ProxyKind } from "../proxy/kinds.js";
import { ownersOf, type Site, unitOf } from "../proxy/site.js";
import type { WrittenSite } from "./written-site.js";

/** @throws {UsageError} with one sentence for what this proxy cannot do */
export function refuseUnsuitable(kind: ProxyKind, site: Site, written: WrittenSite): void {
  const addresses = ownersOf(site).map(({ address }) => addressParts(address));
  const hasSockets = addresses.some((parts) => parts.kind === "pipe");
  if (kind === "haproxy" && site.tls !== undefined && !findsKey(site.tls)) {
    const { certificate } = site.tls;
    throw written.refusal(
      ["tls", "key"],
      `is not where HAProxy looks: HAProxy finds the key of ${certificate} only in the same file or beside it as ${certificate}.key. Put both into one file and name it twice`,
    );
  }
  if (kind === "nginx" && site.sticky === "cookie" && (unitOf(site) === "host" || site.hosts.length > 1)) {
    throw written.refusal(
      ["sticky"],
      "cookie for nginx goes by the cookie of the workers, which names a slot and no host. Write sid, ip-hash or header",
    );
  }
  if (kind === "caddy" && ownersOf(site).some(({ weight = 1 }) => weight !== 1)) {
    throw new UsageError(
      "ERR_SITE_FILE",
      `${written.nameOf("hosts")} have weights, and Caddy knows none for the fewest requests: leave them out, or use another proxy.`,
    );
  }
  if (kind === "traefik" && hasSockets) {
    throw new UsageError(
      "ERR_USAGE",
      "Traefik reaches no Unix sockets: let the workers listen on ports, with --listen ports:4000.",
    );
  }
  if (kind === "envoy" && hasSockets && addresses.some((parts) => parts.kind === "tcp" && parts.isName)) {
    throw new UsageError(
      "ERR_USAGE",
      "Envoy cannot have Unix sockets and names of hosts in one group: write IP addresses for the other hosts.",
    );
  }
}
