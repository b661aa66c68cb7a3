/** Proxy: Envoy's clusters: one for each backend with those that stand in for it, and one of all for new sessions. Pure. */

import { addressParts } from "./address.js";
import { connectionsOf, type Owner, ownersOf, type Site, standInsOf } from "./site.js";

const PROTOCOL = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

export function envoyClusters(site: Site): object[] {
  const owners = ownersOf(site);
  const own = site.sticky === "sid" ? owners.map((owner) => ownCluster(site, owner, owners)) : [];
  return [...own, cluster(site, "holdfast_new", [owners], balance(site))];
}

function ownCluster(site: Site, owner: Owner, owners: readonly Owner[]): object {
  return cluster(site, `holdfast_${owner.prefix}`, [[owner], standInsOf(owner, owners)], "ROUND_ROBIN");
}

function balance({ sticky }: Site): string {
  return sticky === "sid" ? "LEAST_REQUEST" : "RING_HASH";
}

/** @param groups the first is used while somebody of it is there, then the next */
function cluster(site: Site, name: string, groups: readonly (readonly Owner[])[], policy: string): object {
  const all = groups.flat();
  const most = connectionsOf(site);
  return {
    name,
    // Names are asked for again while Envoy runs.
    type: all.some(hasName) ? "STRICT_DNS" : "STATIC",
    connect_timeout: "3s",
    lb_policy: policy,
    circuit_breakers: {
      thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most }],
    },
    health_checks: [
      {
        timeout: "2s",
        interval: "1s",
        // Without requests, too: Envoy's own is a minute.
        no_traffic_interval: "1s",
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        tcp_health_check: {},
      },
    ],
    typed_extension_protocol_options: {
      [PROTOCOL]: {
        "@type": `type.googleapis.com/${PROTOCOL}`,
        common_http_protocol_options: { idle_timeout: "4s" },
        explicit_http_config: { http_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: name,
      endpoints: groups
        .filter((group) => group.length > 0)
        .map((group, priority) => ({
          ...(priority === 0 ? {} : { priority }),
          lb_endpoints: group.map((owner) => endpoint(owner, groups.length === 1)),
        })),
    },
  };
}

function hasName({ address }: Owner): boolean {
  const parts = addressParts(address);
  return parts.kind === "tcp" && parts.isName;
}

function endpoint({ address, weight }: Owner, weighted: boolean): object {
  const parts = addressParts(address);
  const where =
    parts.kind === "pipe"
      ? { pipe: { path: parts.path } }
      : { socket_address: { address: parts.host, port_value: parts.port } };
  const share = weighted && weight !== undefined ? { load_balancing_weight: weight } : {};
  return { endpoint: { address: where }, ...share };
}
