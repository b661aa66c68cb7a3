/** Proxy: a dynamic configuration of Traefik (file provider) for a site; the static part stands in its comments. Pure. Words of Traefik 3.0. */

import { type Owner, ownersOf, prefixWords, restOf, type Site, silenceOf, sizeOf, unitOf } from "./site.js";
import { fileOf } from "./text.js";
import { explained, under, yamlLines } from "./yaml.js";

/** Of two rules that match, the greater one wins. */
const OWNED = 20;
const ANY = 10;

/** @returns the text of a file that `--providers.file.filename` names */
export function traefikConfiguration(site: Site): string {
  const secure = site.tls === undefined ? [] : ["", ...tls(site)];
  return fileOf([
    ...introduction(site),
    "",
    ...under("http", [
      ...explained(routerWords(site), { routers: routers(site) }),
      "",
      ...explained(serviceWords(site), { services: services(site) }),
      "",
      ...explained(MIDDLEWARE_WORDS, { middlewares: middlewares(site) }),
      "",
      ...explained(transportWords(site), { serversTransports: { holdfast: transport(site) } }),
    ]),
    ...secure,
  ]);
}

function introduction(site: Site): string[] {
  const entry = entryPoint(site);
  const lines = [
    `Traefik in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
    "Written by holdfast proxy traefik, for the file provider of Traefik 3.0 and later. Traefik takes a changed file by itself.",
    "Start the workers with --trust-proxy and the address of this host, so that they believe X-Forwarded-For.",
    `Traefik has no limit of connections of its own; it needs about ${2 * site.sessions + 1024} open files for ${site.sessions} sessions.`,
    "",
    "The static part belongs into traefik.yml. The time is longer than pingInterval + pingTimeout: requests that wait are no dead ones.",
    "",
    ...yamlLines({
      entryPoints: {
        [entry]: {
          address: `:${site.port}`,
          transport: { respondingTimeouts: { readTimeout: `${silenceOf(site)}s`, idleTimeout: "75s" } },
        },
        ...(redirects(site) ? { web: { address: ":80" } } : {}),
      },
      providers: { file: { filename: "/etc/traefik/holdfast.yml" } },
    }),
  ];
  return lines.map((line) => (line === "" ? "#" : `# ${line}`));
}

const redirects = ({ tls, port }: Site): boolean => tls !== undefined && port === 443;
const entryPoint = ({ tls }: Site): string => (tls === undefined ? "web" : "websecure");

function routerWords(site: Site): string[] {
  if (site.sticky !== "sid") return [];
  return [prefixWords(site), `No sid, or one of a ${unitOf(site)} that is not here: as for a new session.`];
}

function routers(site: Site): Record<string, unknown> {
  const owned = site.sticky === "sid" ? ownersOf(site) : [];
  const router = (
    rule: string,
    service: string,
    priority: number,
    middleware: readonly string[],
  ): object => ({
    rule: ruleOf(site, rule),
    priority,
    entryPoints: [entryPoint(site)],
    middlewares: middleware,
    service,
    ...(site.tls === undefined ? {} : { tls: {} }),
  });
  const headers = ["holdfast-headers"];
  return {
    ...Object.fromEntries(
      owned.map(({ prefix }) => [
        nameOf(prefix),
        router(`QueryRegexp(\`sid\`, \`^${prefix}${restOf(site)}\`)`, nameOf(prefix), OWNED, headers),
      ]),
    ),
    "holdfast-new": router("PathPrefix(`/`)", "holdfast-new", ANY, [...headers, "holdfast-retry"]),
    ...(redirects(site) ? { "holdfast-redirect": redirect(site) } : {}),
  };
}

function redirect(site: Site): object {
  return {
    rule: ruleOf(site, "PathPrefix(`/`)"),
    entryPoints: ["web"],
    middlewares: ["holdfast-https"],
    service: "noop@internal",
  };
}

const nameOf = (prefix: string): string => `holdfast-${prefix}`;

function ruleOf({ serverNames }: Site, rule: string): string {
  if (serverNames.length === 0) return rule;
  const hosts = serverNames.map((name) =>
    name.startsWith("*.")
      ? `HostRegexp(\`^[^.]+\\.${name.slice(2).replaceAll(".", "\\.")}$\`)`
      : `Host(\`${name}\`)`,
  );
  return `(${hosts.join(" || ")}) && ${rule}`;
}

function serviceWords(site: Site): string[] {
  const unit = unitOf(site);
  const owner =
    site.sticky === "sid"
      ? [
          `One service for each ${unit}. While it is down Traefik answers 502, and the client opens a new session.`,
          `holdfast-new: new sessions, and all that belongs to none, in turn. Traefik 3.5 and later spreads them better with`,
          `strategy: p2c (of two ${unit}s that one with fewer requests under way).`,
        ]
      : [
          "Traefik sets a cookie of its own. A client that keeps none is a newcomer with each request: its strays are brought home.",
        ];
  return owner;
}

function services(site: Site): Record<string, unknown> {
  const owners = ownersOf(site);
  const cookie = { sticky: { cookie: { name: "holdfast_proxy", httpOnly: true, path: "/" } } };
  const owned = site.sticky === "sid" ? owners : [];
  return {
    ...Object.fromEntries(owned.map((owner) => [nameOf(owner.prefix), balancer([{ url: urlOf(owner) }])])),
    "holdfast-new": balancer(owners.map(server), site.sticky === "cookie" ? cookie : {}),
  };
}

function server(owner: Owner): object {
  return { url: urlOf(owner), ...(owner.weight === undefined ? {} : { weight: owner.weight }) };
}

const urlOf = ({ address }: Owner): string => `http://${address}`;

function balancer(servers: readonly object[], more: object = {}): object {
  return {
    loadBalancer: {
      servers,
      ...more,
      serversTransport: "holdfast",
      responseForwarding: { flushInterval: "-1ms" },
    },
  };
}

const MIDDLEWARE_WORDS = [
  "Traefik sets X-Forwarded-For itself, and believes a client's own only with forwardedHeaders of the entry point. It writes no",
  "Forwarded: a client's own goes. A newcomer whose worker does not listen is given to the next one.",
];

function middlewares(site: Site): object {
  return {
    "holdfast-headers": { headers: { customRequestHeaders: { Forwarded: "" } } },
    "holdfast-retry": { retry: { attempts: 3, initialInterval: "20ms" } },
    ...(redirects(site)
      ? { "holdfast-https": { redirectScheme: { scheme: "https", permanent: true } } }
      : {}),
  };
}

function transportWords({ pingInterval, pingTimeout }: Site): string[] {
  return [
    "Node closes idle connections after 5 s: Traefik is the first. The answer to a poll may take as long as",
    `pingInterval + pingTimeout (${pingInterval} + ${pingTimeout} ms).`,
  ];
}

function transport(site: Site): object {
  return {
    maxIdleConnsPerHost: 16,
    forwardingTimeouts: {
      dialTimeout: "3s",
      responseHeaderTimeout: `${silenceOf(site)}s`,
      idleConnTimeout: "4s",
    },
  };
}

function tls({ tls, http2 }: Site): string[] {
  return yamlLines({
    tls: {
      certificates: [{ certFile: tls?.certificate, keyFile: tls?.key }],
      options: {
        default: {
          minVersion: "VersionTLS12",
          alpnProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
        },
      },
    },
  });
}
