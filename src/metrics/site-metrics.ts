/** Metrics, pure: of the site that the fleet is part of; none of them for a host that stands alone. */

import type { SiteStatus } from "../protocol/status.js";
import { type Metric, only, type Sample } from "./metric.js";

export const SITE_METRICS: readonly Metric[] = [
  one(
    "holdfast_site_redis_up",
    "gauge",
    "1: Redis answers. While it does not, each host serves on alone.",
    ({ redis }) => (redis === "up" ? 1 : 0),
  ),
  one("holdfast_site_hosts", "gauge", "Other hosts that this one hears.", ({ hosts }) => hosts.length),
  one("holdfast_site_queue_bytes", "gauge", "What waits for Redis.", ({ queuedBytes }) => queuedBytes),
  one(
    "holdfast_site_messages_dropped_total",
    "counter",
    "Messages to other hosts that did not leave.",
    ({ dropped }) => dropped,
  ),
  one(
    "holdfast_site_gaps_total",
    "counter",
    "How often messages of another host are missing here.",
    ({ gaps }) => gaps,
  ),
  inAndOut("holdfast_site_messages_total", "Messages to and from other hosts.", ({ published, received }) => [
    published,
    received,
  ]),
  inAndOut(
    "holdfast_site_bytes_total",
    "Bytes of messages to and from other hosts.",
    ({ publishedBytes, receivedBytes }) => [publishedBytes, receivedBytes],
  ),
  one(
    "holdfast_site_links_open",
    "gauge",
    "Links by which workers of other hosts bring strays.",
    ({ forward }) => forward.open,
  ),
  one(
    "holdfast_site_links_accepted_total",
    "counter",
    "Links that were let in.",
    ({ forward }) => forward.accepted,
  ),
  one(
    "holdfast_site_links_refused_total",
    "counter",
    "Links that could not prove that they belong to the site.",
    ({ forward }) => forward.refused,
  ),
  one(
    "holdfast_bridge_restarts_total",
    "counter",
    "How often the bridge ended by itself and was started again.",
    ({ bridge }) => bridge.restarts,
  ),
];

function one(name: string, type: Metric["type"], help: string, value: (site: SiteStatus) => number): Metric {
  return { name, type, help, read: ({ site }) => (site === null ? [] : only(value(site))) };
}

function inAndOut(
  name: string,
  help: string,
  counts: (site: SiteStatus) => [out: number, back: number],
): Metric {
  const samples = (site: SiteStatus): Sample[] => {
    const [out, back] = counts(site);
    return [
      { labels: { direction: "out" }, value: out },
      { labels: { direction: "in" }, value: back },
    ];
  };
  return { name, type: "counter", help, read: ({ site }) => (site === null ? [] : samples(site)) };
}
