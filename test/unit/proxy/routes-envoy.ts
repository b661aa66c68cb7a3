/** Test helper: reads a bootstrap file of Envoy as far as it takes to say where a request with some sid goes. */

import { parseOnce } from "./parse-once.js";

type Address = {
  readonly pipe?: { readonly path: string };
  readonly socket_address?: { readonly address: string; readonly port_value: number };
};
type Route = {
  readonly match: { readonly query_parameters?: readonly Parameter[] };
  readonly route: { readonly cluster: string };
};
type Parameter = { readonly name: string; readonly string_match: { readonly prefix: string } };
type Filter = {
  readonly typed_config: {
    readonly route_config: { readonly virtual_hosts: readonly [{ readonly routes: readonly Route[] }] };
  };
};
type Group = {
  readonly priority?: number;
  readonly lb_endpoints: readonly { readonly endpoint: { readonly address: Address } }[];
};
type Cluster = { readonly name: string; readonly load_assignment: { readonly endpoints: readonly Group[] } };
type Envoy = {
  readonly static_resources: {
    readonly listeners: readonly [
      { readonly filter_chains: readonly [{ readonly filters: readonly [Filter] }] },
    ];
    readonly clusters: readonly Cluster[];
  };
};

/** The first route that matches; the addresses of its cluster in the order of their priorities. */
export function envoyRoute(text: string, sid: string): readonly string[] | undefined {
  const { listeners, clusters } = (parseOnce(text) as Envoy).static_resources;
  const { routes } = listeners[0].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[0];
  const name = routes.find(({ match }) => holds(match.query_parameters, sid))?.route.cluster;
  const [cluster, other] = clusters.filter((cluster) => cluster.name === name);
  if (cluster === undefined || other !== undefined) throw new Error(`several or no clusters ${name}`);
  if (name === "holdfast_new") return undefined;
  const groups = cluster.load_assignment.endpoints;
  if (groups.some(({ priority = 0 }, at) => priority !== at)) throw new Error(`${name} skips a priority`);
  return groups.flatMap(({ lb_endpoints }) =>
    lb_endpoints.map(({ endpoint }) => addressText(endpoint.address)),
  );
}

function holds([parameter]: readonly Parameter[] = [], sid: string): boolean {
  return (
    parameter === undefined || (parameter.name === "sid" && sid.startsWith(parameter.string_match.prefix))
  );
}

function addressText({ pipe, socket_address: tcp }: Address): string {
  return pipe === undefined ? `${tcp?.address}:${tcp?.port_value}` : `unix:${pipe.path}`;
}
