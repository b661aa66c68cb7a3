/** Test helper: reads configurations as the proxies do, as far as it takes to say where a request with some sid goes. */

import { parseAllDocuments } from "yaml";
import type { ProxyKind } from "../../../src/proxy/kinds.js";

import { envoyRoute } from "./routes-envoy.js";
import { traefikRoute } from "./routes-traefik.js";

/** Addresses in the order in which they are tried; the text of the address is the proxy's own. */
export type Route = readonly string[];

/** @returns undefined for a sid that goes where new sessions go */
export function routeOf(kind: ProxyKind, text: string, sid: string): Route | undefined {
  switch (kind) {
    case "nginx":
      return nginxRoute(text, sid);
    case "haproxy":
      return haproxyRoute(text, sid);
    case "caddy":
      return caddyRoute(text, sid);
    case "apache":
      return apacheRoute(text, sid);
    case "traefik":
      return traefikRoute(text, sid);
    case "envoy":
      return envoyRoute(text, sid);
    case "kubernetes":
      return nginxRoute(nginxOf(text), sid);
  }
}

function nginxRoute(text: string, sid: string): Route | undefined {
  const expression = only([...text.matchAll(/^ +"~(\S+)" \$holdfast_digits;$/gm)]) ?? "";
  const prefix = new RegExp(expression).exec(sid)?.groups?.holdfast_digits;
  const group = only([...text.matchAll(new RegExp(`^ +${prefix} (\\w+);$`, "gm"))]);
  if (group === undefined) return undefined;
  const upstream = only([...text.matchAll(new RegExp(`^ +upstream ${group} \\{([^}]*)\\}`, "gm"))]) ?? "";
  const servers = [...upstream.matchAll(/server (\S+)( [^;]*)?;/g)];
  const [owner, ...others] = servers;
  if (owner?.[2]?.includes("backup") || others.some(([, , words]) => !words?.includes("backup"))) {
    throw new Error(`${group} must have one server, and backups: ${upstream}`);
  }
  return servers.map(([, address]) => address as string);
}

function haproxyRoute(text: string, sid: string): Route | undefined {
  const use = /use-server w%\[url_param\(sid\),bytes\(0,(\d)\)\] if \{ url_param\(sid\) -m reg (\S+) \}/.exec(
    text,
  );
  if (use === null || !new RegExp(use[2] as string).test(sid)) return undefined;
  const name = sid.slice(0, Number(use[1]));
  const address = only([...text.matchAll(new RegExp(`^ +server w${name} (\\S+)`, "gm"))]);
  return address === undefined ? undefined : [address.replace("unix@", "unix:")];
}

function caddyRoute(text: string, sid: string): Route | undefined {
  const matchers = [...text.matchAll(/^\t(@\w+) vars_regexp \{query\.sid\} (\S+)$/gm)];
  const matched = matchers.filter(([, , expression]) => new RegExp(expression as string).test(sid));
  const name = only(matched);
  if (name === undefined) return undefined;
  const handle = new RegExp(
    `^\\thandle ${name} \\{\\n\\t\\treverse_proxy (.*) \\{\\n\\t\\t\\tlb_policy first$`,
    "gm",
  );
  return only([...text.matchAll(handle)])
    ?.split(" ")
    .map((address) => address.replace("unix/", "unix:"));
}

function apacheRoute(text: string, sid: string): Route | undefined {
  const rules = [
    ...text.matchAll(
      /^ +RewriteCond %\{QUERY_STRING\} "(\S+)"\n +RewriteRule "\^\/\(\.\*\)" "(balancer:\S+)\/\$1" \[P,L\]$/gm,
    ),
  ];
  const matched = rules.filter(([, condition]) => new RegExp(condition as string).test(`EIO=4&sid=${sid}`));
  const group = only(matched.map(([all, , balancer]) => [all, balancer as string]));
  if (group === undefined) return undefined;
  const members = only([...text.matchAll(new RegExp(`^<Proxy ${group}>\\n(.*?)^</Proxy>`, "gms"))]) ?? "";
  const found = [...members.matchAll(/BalancerMember (?:"(unix:[^|]+)\|[^"]*"|http:\/\/(\S+))(.*)/g)];
  if (found.some(([, , , words], at) => words?.includes("status=+H") !== at > 0)) {
    throw new Error(`${group} must have one member, and hot standbys: ${members}`);
  }
  return found.map(([, socket, address]) => (socket ?? address) as string);
}

let lastCluster: { readonly text: string; readonly nginx: string } | undefined;

function nginxOf(text: string): string {
  if (lastCluster?.text !== text) lastCluster = { text, nginx: nginxOfCluster(text) };
  return lastCluster.nginx;
}

/** The nginx.conf in the manifests. */
function nginxOfCluster(text: string): string {
  const objects = parseAllDocuments(text).map(
    (document) => document.toJS() as { kind: string; data?: unknown },
  );
  const map = objects.find(({ kind }) => kind === "ConfigMap") as
    | { data: { "nginx.conf": string } }
    | undefined;
  if (map === undefined) throw new Error("no ConfigMap");
  return map.data["nginx.conf"];
}

/** The first group of the only match. @throws when there are two: a worker has one place */
function only(matches: readonly (readonly string[])[]): string | undefined {
  if (matches.length > 1)
    throw new Error(`${matches.length} places: ${matches.map(([all]) => all).join("; ")}`);
  return matches[0]?.[1];
}
