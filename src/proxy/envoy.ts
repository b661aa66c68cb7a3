/** Proxy: a whole bootstrap file of Envoy (API v3) for a site: listeners and routes; the clusters are in envoy-clusters.ts. Pure. */

import { envoyClusters } from "./envoy-clusters.js";
import {
  connectionsOf,
  headerOf,
  ownersOf,
  prefixWords,
  type Site,
  silenceOf,
  sizeOf,
  unitOf,
} from "./site.js";
import { fileOf } from "./text.js";
import { explained, under } from "./yaml.js";

const TYPES = "type.googleapis.com/envoy.extensions";

/** @returns the text of a file that `envoy -c` reads */
export function envoyConfiguration(site: Site): string {
  return fileOf([
    `# Envoy in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
    "# Written by holdfast proxy envoy. Start the workers with --trust-proxy and the address of this host, so that they",
    "# believe X-Forwarded-For, to which Envoy adds the client's address; a client's own Forwarded goes.",
    `# ${site.sessions} sessions need about ${connectionsOf(site)} open files.`,
    "",
    ...under("static_resources", [
      ...explained(listenerWords(site), { listeners: listeners(site) }),
      "",
      ...explained(clusterWords(site), { clusters: envoyClusters(site) }),
    ]),
  ]);
}

function listenerWords(site: Site): string[] {
  const { pingInterval, pingTimeout, sticky } = site;
  const routing =
    sticky === "sid"
      ? [prefixWords(site), `No sid, or one of a ${unitOf(site)} that is not here: as for a new session.`]
      : [];
  return [
    ...routing,
    `Times are longer than pingInterval + pingTimeout (${pingInterval} + ${pingTimeout} ms): the engine notices first. 0s: no limit for`,
    "one answer as a whole.",
  ];
}

function clusterWords(site: Site): string[] {
  const unit = unitOf(site);
  const common = [
    "circuit_breakers: Envoy's own limits of 1024 would end a large site. A connection is tried every second to see who listens.",
    "Node closes idle connections after 5 s: Envoy is the first.",
  ];
  if (site.sticky !== "sid") return common;
  return [
    `One cluster for each ${unit}. While it is down the next one answers (priority 1): a client whose session is gone hears so and`,
    `opens a new one. holdfast_new: new sessions, to the ${unit} with the fewest requests under way.`,
    ...common,
  ];
}

function listeners(site: Site): object[] {
  const both = site.tls !== undefined && site.port === 443;
  const main = listener("holdfast", site.port, manager(site, routes(site)), transportSocket(site));
  const plain = manager(site, [{ match: { prefix: "/" }, redirect: { https_redirect: true } }]);
  return both ? [main, listener("holdfast_redirect", 80, plain, {})] : [main];
}

function listener(name: string, port: number, filter: object, secure: object): object {
  return {
    name,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    filter_chains: [{ ...secure, filters: [filter] }],
  };
}

function manager(site: Site, routes: readonly object[]): object {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "holdfast",
      use_remote_address: true,
      common_http_protocol_options: { idle_timeout: "75s" },
      request_headers_timeout: "10s",
      stream_idle_timeout: `${silenceOf(site)}s`,
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": `${TYPES}.filters.http.router.v3.Router` },
        },
      ],
      route_config: {
        name: "holdfast",
        request_headers_to_remove: ["forwarded"],
        virtual_hosts: [
          {
            name: "holdfast",
            domains: site.serverNames.length === 0 ? ["*"] : site.serverNames.flatMap(domains(site)),
            routes,
          },
        ],
      },
    },
  };
}

/** A browser names the port where it is not the usual one. */
const domains =
  ({ port, tls }: Site) =>
  (name: string): string[] =>
    port === (tls === undefined ? 80 : 443) || name.startsWith("*") ? [name] : [name, `${name}:${port}`];

function routes(site: Site): object[] {
  const owned = site.sticky === "sid" ? ownersOf(site) : [];
  return [
    ...owned.map(({ prefix }) => ({
      match: { prefix: "/", query_parameters: [{ name: "sid", string_match: { prefix } }] },
      route: route(site, `holdfast_${prefix}`),
    })),
    { match: { prefix: "/" }, route: { ...route(site, "holdfast_new"), ...hashPolicy(site) } },
  ];
}

function route(site: Site, cluster: string): object {
  return {
    cluster,
    timeout: "0s",
    idle_timeout: `${silenceOf(site)}s`,
    retry_policy: { retry_on: "connect-failure", num_retries: 2 },
  };
}

function hashPolicy(site: Site): object {
  switch (site.sticky) {
    case "sid":
      return {};
    case "ip-hash":
      return { hash_policy: [{ connection_properties: { source_ip: true } }] };
    case "header":
      return { hash_policy: [{ header: { header_name: headerOf(site) } }] };
    case "cookie":
      // A cookie of Envoy's own, for as long as the browser runs.
      return { hash_policy: [{ cookie: { name: "holdfast_proxy", path: "/", ttl: "0s" } }] };
  }
}

function transportSocket({ tls, http2 }: Site): object {
  if (tls === undefined) return {};
  return {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": `${TYPES}.transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
          alpn_protocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
          tls_certificates: [
            { certificate_chain: { filename: tls.certificate }, private_key: { filename: tls.key } },
          ],
        },
      },
    },
  };
}
