/** CLI: what there is to say of a fleet's site in `holdfast status`: one line, or all hosts with `--site`. Pure. */

import type { FleetStatus, SiteStatus } from "../protocol/status.js";
import { formatBytes, formatDuration, formatTable } from "./table.js";

/** One line for the bridge; nothing for a fleet that stands alone, or whose primary is of an earlier version. */
export function siteNotes({ site }: Partial<Pick<FleetStatus, "site">>): string[] {
  return site ? [`bridge: ${[hostText(site), redisText(site), ...traffic(site)].join(" · ")}`] : [];
}

function hostText({ host, hosts }: SiteStatus): string {
  if (host === null) return "waits for its host number";
  const others =
    hosts.length === 0 ? "no other host" : `${hosts.length} other ${hosts.length === 1 ? "host" : "hosts"}`;
  return `host ${host}, ${others}`;
}

function redisText({ redis, since, why, bridge }: SiteStatus): string {
  if (redis === "up") return "Redis up";
  const what = bridge.pid === null ? "the bridge is away" : "Redis is away";
  return `${what} for ${formatDuration(since)}${why === null ? "" : ` (${why.replace(/\.$/, "")})`}`;
}

/** What is wrong, and nothing where all is well. */
function traffic({ queuedBytes, dropped, gaps, forward, bridge }: SiteStatus): string[] {
  return [
    ...(queuedBytes > 0 ? [`${formatBytes(queuedBytes)} wait for Redis`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(gaps > 0 ? [counted(gaps, "gap")] : []),
    ...(forward.refused > 0 ? [`${counted(forward.refused, "link")} refused`] : []),
    ...(bridge.restarts > 0 ? [counted(bridge.restarts, "restart")] : []),
    ...(bridge.rss === null ? [] : [formatBytes(bridge.rss)]),
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const HEADER = ["host", "fleet", "address", "workers", "sessions", "version"];

/** All hosts of the site, this one first. */
export function siteText(fleet: FleetStatus, site: SiteStatus): string {
  const own = [
    site.host === null ? "-" : `${site.host} (this)`,
    fleet.name,
    "-",
    `${fleet.workers.length}`,
    `${fleet.sessions}`,
    fleet.version,
  ];
  const others = [...site.hosts].sort((a, b) => a.host - b.host);
  const rows = others.map(({ host, fleet: name, address, port, workers, sessions, version }) => [
    `${host}`,
    name,
    `${address.includes(":") ? `[${address}]` : address}:${port}`,
    `${workers}`,
    `${sessions}`,
    version,
  ]);
  return `${siteNotes(fleet).join("\n")}\n\n${formatTable(HEADER, [own, ...rows])}`;
}

/** For programs: this host and the others, in the order of their numbers. */
export function siteAnswer(fleet: FleetStatus, site: SiteStatus): object {
  const { hosts, ...rest } = site;
  const { name, version, workers, sessions } = fleet;
  const self = { fleet: name, version, workers: workers.length, sessions };
  return { schemaVersion: 1, ...rest, self, hosts: [...hosts].sort((a, b) => a.host - b.host) };
}
