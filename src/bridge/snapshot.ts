/** Bridge: its numbers, as the primary shows them. */

import type { BridgeSnapshot } from "../protocol/bridge-messages.js";
import type { Site, SiteCounters, SiteHost } from "./site.js";

type Source = Pick<Site, "hosts" | "counters" | "queuedBytes" | "redis">;

export function snapshotOf(site: Source, forward: BridgeSnapshot["forward"]): BridgeSnapshot {
  const { published, publishedBytes, received, receivedBytes, gaps, dropped } = site.counters;
  const { user, system } = process.cpuUsage();
  const { up, why, since } = site.redis;
  return {
    redis: up ? "up" : "down",
    why,
    since: Math.round(performance.now() - since),
    hosts: site.hosts().map(shown),
    ...{ published, publishedBytes, received, receivedBytes, gaps },
    dropped: sumOf(dropped),
    queuedBytes: site.queuedBytes,
    forward,
    rss: process.memoryUsage.rss(),
    cpu: user + system,
  };
}

/** The token lets nobody in, and concerns nobody. */
function shown({ token: _, ...host }: SiteHost): Omit<SiteHost, "token"> {
  return host;
}

function sumOf({ volatile, overflow, underWay, tooLarge }: SiteCounters["dropped"]): number {
  return volatile + overflow + underWay + tooLarge;
}
