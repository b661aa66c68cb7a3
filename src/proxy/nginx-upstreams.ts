/** Proxy: nginx: the maps and upstream groups that bring a request to its worker. Pure. */

import { wordsOf } from "./nginx-version.js";
import {
  headerOf,
  type Owner,
  ownersOf,
  prefixLengthOf,
  prefixWords,
  restOf,
  type Site,
  standInsOf,
  unitOf,
} from "./site.js";
import { block } from "./text.js";

/** Idle connections that each nginx process keeps for each group. */
const KEPT = 16;
/** nginx sizes its tables for fewer lines than a large site has. */
const MANY_WORKERS = 500;

/** What must stand before the first map. */
export function nginxTables(site: Site): string[] {
  return ownersOf(site).length > MANY_WORKERS ? ["map_hash_max_size 8192;"] : [];
}

/**
 * Blocks for the context `http`. `$holdfast_group` in them is the group for a request.
 * @param ready one name for whoever may get new sessions, where names come and go (Kubernetes): nginx asks for all of them again
 * while it runs. Only with `sid`; nginx 1.27.3 and later.
 */
export function nginxUpstreams(site: Site, ready?: string): string[] {
  switch (site.sticky) {
    case "sid":
      return [...sidMaps(site), "", ...ownGroups(site, ready), ...newcomers(site, ready)];
    case "cookie":
      return [...cookieMap(ownersOf(site)), "", ...ownGroups(site), ...newcomers(site)];
    case "ip-hash":
      return addressGroup(site);
    case "header":
      return headerGroup(site);
  }
}

function sidMaps(site: Site): string[] {
  return [
    `# ${prefixWords(site)}`,
    "# $arg_sid is the sid wherever it stands in the query. A request that carries two is refused by Holdfast.",
    ...block("map $arg_sid $holdfast_prefix", [
      'default "";',
      `"~^(?<holdfast_digits>[0-9a-z]{${prefixLengthOf(site)}})${restOf(site)}" $holdfast_digits;`,
    ]),
    "",
    `# No sid, or one of a ${unitOf(site)} that is not here: as for a new session.`,
    ...groupMap("$holdfast_prefix", ownersOf(site), ({ prefix }) => prefix),
  ];
}

function cookieMap(owners: readonly Owner[]): string[] {
  return [
    "# The workers set this cookie when they run with --policy cookie; it names the slot.",
    "# A client that keeps no cookies is served as a newcomer with each request, and its strays are brought home.",
    ...groupMap("$cookie_holdfast", owners, ({ slot }) => String(slot)),
  ];
}

function groupMap(variable: string, owners: readonly Owner[], keyOf: (owner: Owner) => string): string[] {
  const lines = owners.map((owner) => `${keyOf(owner)} holdfast_${owner.prefix};`);
  return block(`map ${variable} $holdfast_group`, ["default holdfast_new;", ...lines]);
}

/** A group for each backend: itself, and those that answer while it is down. */
function ownGroups(site: Site, ready?: string): string[] {
  const owners = ownersOf(site);
  const asked = ready === undefined ? "" : " resolve";
  const standIns = (owner: Owner): string[] =>
    ready === undefined ? standInsOf(owner, owners).map(({ address }) => address) : [ready];
  return [
    `# One group for each ${unitOf(site)}. While it is down the next one answers: a client whose session is gone hears so and opens`,
    "# a new one. max_fails=0: the owner of a session is always tried first, and found again as soon as it is back.",
    ...owners.flatMap((owner) => [
      ...block(`upstream holdfast_${owner.prefix}`, [
        ...(ready === undefined ? [] : [`zone holdfast_${owner.prefix} 64k;`]),
        `server ${owner.address} max_fails=0${asked};`,
        ...standIns(owner).map((address) => `server ${address} backup${asked};`),
        ...keptConnections(site),
      ]),
      "",
    ]),
  ];
}

function newcomers(site: Site, ready?: string): string[] {
  return [
    `# New sessions, and all that belongs to none: the ${unitOf(site)} with the fewest connections.`,
    ...block("upstream holdfast_new", [
      `${zone("holdfast_new", site)} # one count for all processes of nginx`,
      "least_conn;",
      ...(ready === undefined ? everyServer(site) : [`server ${ready} max_fails=1 fail_timeout=2s resolve;`]),
      ...keptConnections(site),
    ]),
  ];
}

function addressGroup(site: Site): string[] {
  return [
    `# By the whole address of the client; a ${unitOf(site)} that comes or goes moves only its own share.`,
    `# Everybody behind one NAT, or one proxy before this one, meets the same ${unitOf(site)}: --sticky sid does not have this fault.`,
    ...hashGroup(site, "holdfast_by_address", "$remote_addr"),
  ];
}

function headerGroup(site: Site): string[] {
  const name = headerOf(site);
  return [
    `# By the header ${name} of the client; a ${unitOf(site)} that comes or goes moves only its own share. Requests without it go in turn.`,
    ...hashGroup(site, "holdfast_by_header", `$http_${name.toLowerCase().replaceAll("-", "_")}`),
  ];
}

function hashGroup(site: Site, group: string, variable: string): string[] {
  return [
    ...block(`upstream ${group}`, [
      zone(group, site),
      `hash ${variable} consistent;`,
      ...everyServer(site),
      ...keptConnections(site),
    ]),
    "",
    ...block("map $remote_addr $holdfast_group", [`default ${group};`]),
  ];
}

/** A server takes about 1.5 KB of it. */
function zone(name: string, site: Site): string {
  return `zone ${name} ${128 + 2 * ownersOf(site).length}k;`;
}

function everyServer(site: Site): string[] {
  return ownersOf(site).map(({ address, weight = 1 }) => {
    const share = weight === 1 ? "" : ` weight=${weight}`;
    return `server ${address}${share} max_fails=1 fail_timeout=2s;`;
  });
}

/** Node closes what was idle for 5 s: nginx must be the first, or a request meets a connection that is just being closed. */
function keptConnections(site: Site): string[] {
  const kept = wordsOf(site.nginxVersion).keepsConnections ? [] : [`keepalive ${KEPT};`];
  return [...kept, "keepalive_timeout 4s; # Node closes idle connections after 5 s"];
}
