/** Proxy: a whole Caddyfile for a site. Pure. Words of Caddy 2.6 and later. */

import {
  headerOf,
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
import { block, fileOf, indent } from "./text.js";

/** @returns the text of a Caddyfile, indented by tabs as `caddy fmt` does */
export function caddyConfiguration(site: Site): string {
  return fileOf(
    [
      `# Caddy in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
      "# Written by holdfast proxy caddy. Start the workers with --trust-proxy and the address of this host, so that they",
      "# believe X-Forwarded-For, which Caddy sets. Caddy has no limit of connections of its own; it needs about",
      `# ${2 * site.sessions + 1024} open files for ${site.sessions} sessions (LimitNOFILE of its unit).`,
      "# A reload of Caddy closes open WebSockets, unless stream_close_delay says otherwise (below; Caddy 2.7 and later).",
      "{",
      ...indent(globals(site), 4),
      "}",
      "",
      ...block("(holdfast)", common(site)),
      "",
      ...block(addresses(site), siteBlock(site)),
      ...redirect(site),
    ].map(tabs),
  );
}

const tabs = (line: string): string => line.replace(/^(?: {4})+/, (spaces) => "\t".repeat(spaces.length / 4));

function globals({ tls, http2 }: Site): string[] {
  const protocols = tls === undefined ? [] : block("servers", [`protocols h1${http2 ? " h2" : ""}`]);
  return ["auto_https off", ...protocols];
}

/** What is the same for every worker. */
function common(site: Site): string[] {
  return [
    "# Caddy itself sets X-Forwarded-For, and writes no Forwarded: a client's own goes.",
    "header_up -Forwarded",
    "# Events go out when they are sent.",
    "flush_interval -1",
    `# A ${unitOf(site)} that is down is left out for a second, and the next one answers.`,
    "fail_duration 1s",
    "lb_try_duration 3s",
    "lb_try_interval 20ms",
    "# stream_close_delay 24h",
    ...block("transport http", [
      "dial_timeout 3s",
      "# Node closes idle connections after 5 s: Caddy is the first.",
      "keepalive 4s",
      "keepalive_idle_conns_per_host 16",
      `# Longer than pingInterval + pingTimeout (${site.pingInterval} + ${site.pingTimeout} ms): the engine notices first.`,
      `response_header_timeout ${silenceOf(site)}s`,
    ]),
  ];
}

function addresses({ serverNames, port, tls }: Site): string {
  return addressesOf(serverNames, tls === undefined ? "http" : "https", port);
}

function addressesOf(names: readonly string[], scheme: string, port: number): string {
  return (names.length === 0 ? [""] : names).map((name) => `${scheme}://${name}:${port}`).join(", ");
}

/** Only where both ports are the usual ones: elsewhere port 80 may be somebody else's. */
function redirect({ tls, port, serverNames }: Site): string[] {
  if (tls === undefined || port !== 443) return [];
  return ["", ...block(addressesOf(serverNames, "http", 80), ["redir https://{host}{uri} permanent"])];
}

function siteBlock(site: Site): string[] {
  const owners = ownersOf(site);
  const tls = site.tls === undefined ? [] : [`tls ${site.tls.certificate} ${site.tls.key}`, ""];
  return [...tls, ...(site.sticky === "sid" ? bySid(site, owners) : []), ...others(site, owners)];
}

function bySid(site: Site, owners: readonly Owner[]): string[] {
  return [
    `# ${prefixWords(site)}`,
    `# The ${unitOf(site)} itself first; while it is down the next one answers: a client whose session is gone opens a new one.`,
    ...owners.flatMap((owner) => [
      `@w${owner.prefix} vars_regexp {query.sid} ^${owner.prefix}${restOf(site)}`,
      ...block(`handle @w${owner.prefix}`, proxy([owner, ...standInsOf(owner, owners)], "first")),
      "",
    ]),
  ];
}

function others(site: Site, owners: readonly Owner[]): string[] {
  switch (site.sticky) {
    case "sid":
      return [
        `# New sessions, and all that belongs to none: the ${unitOf(site)} with the fewest requests under way.`,
        ...block("handle", proxy(owners, "least_conn")),
      ];
    case "ip-hash":
      return [
        `# By the whole address of the client; a ${unitOf(site)} that comes or goes moves only its own share.`,
        `# Everybody behind one NAT, or one proxy before this one, meets the same ${unitOf(site)}: --sticky sid does not have this fault.`,
        ...block("handle", proxy(owners, "ip_hash")),
      ];
    case "header":
      return [
        `# By the header ${headerOf(site)} of the client. Requests without it go anywhere.`,
        ...block("handle", proxy(owners, `header ${headerOf(site)}`)),
      ];
    case "cookie":
      return [
        "# Caddy sets a cookie of its own. A client that keeps none is a newcomer with each request: its strays are brought home.",
        ...block("handle", proxy(owners, "cookie holdfast_proxy")),
      ];
  }
}

function proxy(owners: readonly Owner[], policy: string): string[] {
  const addresses = owners.map(({ address }) => address.replace(/^unix:/, "unix/"));
  return block(`reverse_proxy ${addresses.join(" ")}`, [`lb_policy ${policy}`, "import holdfast"]);
}
