/** Proxy: a whole Apache configuration for a site. Pure. Words of Apache 2.4.47 and later. */

import {
  connectionsOf,
  type Owner,
  ownersOf,
  prefixWords,
  restOf,
  type Site,
  silenceOf,
  sizeOf,
  standInsOf,
  unitOf,
} from "./site.js";
import { fileOf, indent } from "./text.js";

const MODULES = [
  "mpm_event",
  "authz_core",
  "headers",
  "rewrite",
  "slotmem_shm",
  "proxy",
  "proxy_http",
  "proxy_balancer",
  "lbmethod_bybusyness",
  // Apache looks for its default in any case.
  "lbmethod_byrequests",
];
/**
 * Of one process, at most. A connection that is kept stays with its process, and its next request waits there for a thread, even while
 * others are idle: in small processes sessions that poll starve. A thread that waits takes some 40 KB, all of them from the start.
 */
const THREADS = 2048;
/** Processes that still end after reloads, each until its last WebSocket closes. Without a place beside them no new one begins. */
const ENDING = 16;

/** @returns the text of a configuration that `apache2 -f` reads */
export function apacheConfiguration(site: Site): string {
  const threads = Math.min(THREADS, connectionsOf(site));
  const processes = Math.ceil(connectionsOf(site) / threads);
  return fileOf([
    `# Apache in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
    "# Written by holdfast proxy apache. Start the workers with --trust-proxy and the address of this host, so that they",
    "# believe X-Forwarded-For. A graceful reload leaves open connections with the processes that have them.",
    "",
    "# Where Debian has the modules; other systems: /usr/lib64/httpd/modules.",
    "Define HOLDFAST_MODULES /usr/lib/apache2/modules",
    ...modules(site),
    "",
    "# As Debian has them, too. An Apache of your own is told of a folder by -C 'Define HOLDFAST_STATE /folder'.",
    ...tag("IfDefine !HOLDFAST_STATE", ["Define HOLDFAST_STATE /run/apache2"]),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Apache's own variable
    "DefaultRuntimeDir ${HOLDFAST_STATE}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Apache's own variable
    "PidFile ${HOLDFAST_STATE}/apache2.pid",
    "ErrorLog /var/log/apache2/error.log",
    "User www-data",
    "Group www-data",
    "",
    `# ${site.sessions} sessions. Apache takes a thread for each request that waits and for each WebSocket.`,
    "# Few processes with many: a connection that is kept stays with its process, and waits for a thread of it.",
    `ThreadLimit ${threads}`,
    `ThreadsPerChild ${threads}`,
    "StartServers 1",
    `# And room for ${ENDING} that still have sessions after a reload.`,
    `ServerLimit ${processes + ENDING}`,
    `MaxRequestWorkers ${processes * threads}`,
    `MaxSpareThreads ${processes * threads}`,
    "",
    `Listen ${site.port}`,
    ...(redirects(site) ? ["Listen 80"] : []),
    `ServerName ${site.serverNames[0] ?? "localhost"}`,
    "ServerTokens Prod",
    `# Longer than pingInterval + pingTimeout (${site.pingInterval} + ${site.pingTimeout} ms): the engine notices first.`,
    `Timeout ${silenceOf(site)}`,
    `ProxyTimeout ${silenceOf(site)}`,
    "KeepAliveTimeout 75",
    "MaxKeepAliveRequests 0",
    "",
    ...balancers(site),
    ...tag(`VirtualHost *:${site.port}`, virtualHost(site)),
    ...(redirects(site) ? ["", ...tag("VirtualHost *:80", redirect(site))] : []),
  ]);
}

const redirects = ({ tls, port }: Site): boolean => tls !== undefined && port === 443;

/** `<Tag value>`, lines, `</Tag>`. */
function tag(head: string, lines: readonly string[]): string[] {
  return [`<${head}>`, ...indent(lines, 4), `</${head.split(" ")[0]}>`];
}

function modules({ tls, http2 }: Site): string[] {
  const names = [
    ...MODULES,
    ...(tls === undefined ? [] : ["socache_shmcb", "ssl"]),
    ...(http2 ? ["http2"] : []),
  ];
  return names.flatMap((name) =>
    tag(`IfModule !${name}_module`, [`LoadModule ${name}_module \${HOLDFAST_MODULES}/mod_${name}.so`]),
  );
}

function balancers(site: Site): string[] {
  const owners = ownersOf(site);
  if (site.sticky === "cookie")
    return newcomers(
      site,
      owners.map((owner) => `${member(owner)}${share(owner)} route=${owner.prefix}`),
    );
  const groups = owners.flatMap((owner) => [
    ...tag(`Proxy balancer://holdfast_${owner.prefix}`, [
      member(owner),
      ...standInsOf(owner, owners).map((other) => `${member(other)} status=+H`),
    ]),
    "",
  ]);
  return [
    `# One group for each ${unitOf(site)}. While it is down the next one answers: a client whose session is gone hears so and opens`,
    "# a new one.",
    ...groups,
    ...newcomers(
      site,
      owners.map((owner) => `${member(owner)}${share(owner)}`),
    ),
  ];
}

function newcomers(site: Site, members: readonly string[]): string[] {
  return [
    `# New sessions, and all that belongs to none: the ${unitOf(site)} with the fewest requests under way.`,
    ...tag("Proxy balancer://holdfast_new", [...members, "ProxySet lbmethod=bybusyness"]),
    "",
  ];
}

const share = ({ weight = 1 }: Owner): string => (weight === 1 ? "" : ` loadfactor=${weight}`);

/** Node closes what was idle for 5 s: Apache is the first (ttl). */
function member({ address }: Owner): string {
  const url = address.startsWith("unix:")
    ? `"${address}|http://holdfast${address.replace(/\W/g, "-")}"`
    : `http://${address}`;
  return `BalancerMember ${url} upgrade=websocket retry=1 connectiontimeout=3 ttl=4 flushpackets=on`;
}

function virtualHost(site: Site): string[] {
  const names = site.serverNames.length === 0 ? [] : [`ServerName ${site.serverNames[0]}`, ...aliases(site)];
  return [
    ...names,
    ...tls(site),
    "ProxyPreserveHost On",
    "# Apache itself adds X-Forwarded-For, and writes no Forwarded: a client's own goes.",
    "RequestHeader unset Forwarded",
    `RequestHeader set X-Forwarded-Proto ${site.tls === undefined ? "http" : "https"}`,
    "AllowEncodedSlashes NoDecode",
    ...(site.sticky === "cookie" ? byCookie() : bySid(site)),
  ];
}

function bySid(site: Site): string[] {
  return [
    "RewriteEngine On",
    `# ${prefixWords(site)}`,
    ...ownersOf(site).flatMap(({ prefix }) => [
      `RewriteCond %{QUERY_STRING} "(?:^|&)sid=${prefix}${restOf(site).replace(".", "[^&]")}"`,
      `RewriteRule "^/(.*)" "balancer://holdfast_${prefix}/$1" [P,L]`,
    ]),
    'ProxyPass "/" "balancer://holdfast_new/" nocanon',
  ];
}

function byCookie(): string[] {
  return [
    "# Apache sets a cookie of its own. A client that keeps none is a newcomer with each request: its strays are brought home.",
    'Header add Set-Cookie "holdfast_proxy=.%{BALANCER_WORKER_ROUTE}e; path=/; HttpOnly" env=BALANCER_ROUTE_CHANGED',
    'ProxyPass "/" "balancer://holdfast_new/" stickysession=holdfast_proxy nocanon',
  ];
}

function aliases({ serverNames }: Site): string[] {
  return serverNames.length > 1 ? [`ServerAlias ${serverNames.slice(1).join(" ")}`] : [];
}

function tls({ tls, http2 }: Site): string[] {
  if (tls === undefined) return [];
  return [
    "SSLEngine on",
    `SSLCertificateFile ${tls.certificate}`,
    `SSLCertificateKeyFile ${tls.key}`,
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    `Protocols ${http2 ? "h2 " : ""}http/1.1`,
  ];
}

function redirect({ serverNames }: Site): string[] {
  const names = serverNames.length === 0 ? [] : [`ServerName ${serverNames[0]}`];
  return [...names, "RewriteEngine On", 'RewriteRule "^(.*)" "https://%{HTTP_HOST}$1" [R=301,L]'];
}
