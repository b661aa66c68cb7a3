/** Proxy: a whole haproxy.cfg for a site. Pure. Words of HAProxy 2.4 and later. */

import {
  connectionsOf,
  headerOf,
  type Owner,
  ownersOf,
  prefixLengthOf,
  prefixWords,
  type Site,
  silenceOf,
  sizeOf,
  type Tls,
  unitOf,
} from "./site.js";
import { fileOf, indent } from "./text.js";

/** @returns the text of haproxy.cfg */
export function haproxyConfiguration(site: Site): string {
  const lines = [
    `# HAProxy in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
    "# Written by holdfast proxy haproxy. Start the workers with --trust-proxy and the address of this host, so that they",
    "# believe X-Forwarded-For. A reload leaves open connections with the process that has them.",
    "",
    ...section("global", [
      `# ${site.sessions} sessions: up to two connections of each client, and some for the rest. Each takes two open files.`,
      `maxconn ${connectionsOf(site)}`,
      ...extraFiles(site.tls),
    ]),
    ...section("defaults", defaults(site)),
    ...section("frontend holdfast_in", frontend(site)),
    ...section("backend holdfast", backend(site)),
  ];
  return fileOf(lines.slice(0, -1));
}

/** @returns whether HAProxy finds the key of this certificate: in the same file, or beside it under the same name */
export function findsKey({ certificate, key }: Tls): boolean {
  return key === certificate || key === `${certificate}.key` || key === besideOf(certificate);
}

const besideOf = (certificate: string): string | undefined =>
  certificate.endsWith(".crt") ? certificate.replace(/\.crt$/, ".key") : undefined;

function extraFiles(tls: Tls | undefined): string[] {
  const beside = tls !== undefined && tls.key === besideOf(tls.certificate);
  return beside ? ["# The key of site.crt is in site.key.", "ssl-load-extra-del-ext"] : [];
}

function defaults(site: Site): string[] {
  const silence = silenceOf(site);
  return [
    "mode http",
    "timeout connect 3s",
    "timeout check 2s",
    "timeout queue 10s",
    "timeout http-request 10s",
    "timeout http-keep-alive 75s",
    `# Longer than pingInterval + pingTimeout (${site.pingInterval} + ${site.pingTimeout} ms): the engine notices first.`,
    `timeout client ${silence}s`,
    `timeout server ${silence}s`,
    "# WebSocket connections.",
    `timeout tunnel ${silence}s`,
    `# A ${unitOf(site)} that is down: the request goes to another one at once.`,
    "retries 2",
    "option redispatch 1",
  ];
}

function frontend({ port, tls, http2 }: Site): string[] {
  const secure =
    tls === undefined ? "" : ` ssl crt ${tls.certificate} alpn ${http2 ? "h2,http/1.1" : "http/1.1"}`;
  const scheme = tls === undefined ? "http" : "https";
  return [
    `bind :${port}${secure}${tls === undefined ? "" : " ssl-min-ver TLSv1.2"}`,
    ...(tls !== undefined && port === 443
      ? ["bind :80", "http-request redirect scheme https unless { ssl_fc }"]
      : []),
    "# HAProxy adds the client's address as the last X-Forwarded-For, and writes no Forwarded: a client's own goes.",
    "option forwardfor",
    "http-request del-header Forwarded",
    `http-request set-header X-Forwarded-Proto ${scheme}`,
    "default_backend holdfast",
  ];
}

function backend(site: Site): string[] {
  const owners = ownersOf(site);
  return [
    ...stickiness(site),
    "",
    "# A server that is down is left out, and asked every second whether it listens again.",
    "# Node closes idle connections after 5 s: HAProxy is the first (pool-purge-delay).",
    "default-server check inter 1s fall 2 rise 1 pool-purge-delay 2s",
    ...owners.map((owner) => serverLine(owner, site)),
  ];
}

function stickiness(site: Site): string[] {
  switch (site.sticky) {
    case "sid":
      return [
        `# ${prefixWords(site)} The servers below`,
        `# are named so. No sid, or one of a ${unitOf(site)} that is not here or is down: as for a new session.`,
        `use-server w%[url_param(sid),bytes(0,${prefixLengthOf(site)})] if { url_param(sid) -m reg ^[0-9a-z]{4}. }`,
        `# New sessions: the ${unitOf(site)} with the fewest connections.`,
        "balance leastconn",
      ];
    case "ip-hash":
      return [
        `# By the whole address of the client; a ${unitOf(site)} that comes or goes moves only its own share.`,
        `# Everybody behind one NAT, or one proxy before this one, meets the same ${unitOf(site)}: --sticky sid does not have this fault.`,
        "balance source",
        "hash-type consistent",
      ];
    case "header":
      return [
        `# By the header ${headerOf(site)} of the client; a ${unitOf(site)} that comes or goes moves only its own share. Requests without it go in turn.`,
        `balance hdr(${headerOf(site)})`,
        "hash-type consistent",
      ];
    case "cookie":
      return [
        "# HAProxy sets a cookie of its own. A client that keeps none is a newcomer with each request: its strays are brought home.",
        "cookie holdfast_proxy insert indirect nocache httponly",
        "balance leastconn",
      ];
  }
}

function serverLine({ prefix, address, weight = 1 }: Owner, { sticky }: Site): string {
  const where = address.replace(/^unix:/, "unix@");
  return `server w${prefix} ${where}${weight === 1 ? "" : ` weight ${weight}`}${sticky === "cookie" ? ` cookie ${prefix}` : ""}`;
}

function section(head: string, lines: readonly string[]): string[] {
  return [head, ...indent(lines, 4), ""];
}
