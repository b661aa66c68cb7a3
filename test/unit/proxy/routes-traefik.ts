/** Test helper: reads a dynamic configuration of Traefik as far as it takes to say where a request with some sid goes. */

import { parseOnce } from "./parse-once.js";

type Router = { readonly rule: string; readonly priority: number; readonly service: string };
type Traefik = {
  readonly http: {
    readonly routers: Record<string, Router>;
    readonly services: Record<string, { readonly loadBalancer: { readonly servers: { url: string }[] } }>;
  };
};

/** The router with the highest priority whose rule holds; of sites that have every name. */
export function traefikRoute(text: string, sid: string): readonly string[] | undefined {
  const { routers, services } = (parseOnce(text) as Traefik).http;
  const matched = Object.values(routers).filter(({ rule }) => holds(rule, sid));
  const highest = Math.max(...matched.map(({ priority }) => priority));
  const [router, other] = matched.filter(({ priority }) => priority === highest);
  if (router === undefined || other !== undefined) throw new Error(`several or no routers for ${sid}`);
  const service = services[router.service];
  if (service === undefined) throw new Error(`no service ${router.service}`);
  if (router.service === "holdfast-new") return undefined;
  return service.loadBalancer.servers.map(({ url }) => url.replace("http://", ""));
}

function holds(rule: string, sid: string): boolean {
  const expression = /^QueryRegexp\(`sid`, `(\S+)`\)$/.exec(rule)?.[1];
  if (expression === undefined && rule !== "PathPrefix(`/`)")
    throw new Error(`a rule of another kind: ${rule}`);
  return expression === undefined || new RegExp(expression).test(sid);
}
