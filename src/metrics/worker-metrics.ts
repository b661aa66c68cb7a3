/** Metrics, pure: of each slot, labelled with its number. While a reload has two workers in a slot, its numbers are those of both together. */

import type { BusSnapshot, WorkerSnapshot } from "../protocol/messages.js";
import type { FleetStatus, WorkerStatus } from "../protocol/status.js";
import type { Metric, Sample } from "./metric.js";

const DROPPED = {
  volatile: "droppedVolatile",
  overflow: "droppedOverflow",
  too_large: "droppedTooLarge",
  malformed: "malformed",
} as const satisfies Record<string, keyof BusSnapshot>;

export const WORKER_METRICS: readonly Metric[] = [
  {
    name: "holdfast_worker_restarts_total",
    type: "counter",
    help: "How often the worker of this slot ended by itself and was started again.",
    read: ({ workers }) => bySlot(workers, ({ restarts }) => restarts, Math.max),
  },
  {
    name: "holdfast_worker_uptime_seconds",
    type: "gauge",
    help: "Since the worker of this slot began; of two, the older one.",
    read: ({ workers }) => bySlot(workers, ({ uptime }) => uptime / 1000, Math.max),
  },
  gauge("holdfast_sessions", "Open sessions.", ({ sessions }) => sessions),
  counter("holdfast_sessions_opened_total", "Sessions that were opened.", (of) => of.sessionsOpened),
  {
    name: "holdfast_requests_forwarded_total",
    type: "counter",
    help: "Requests that came to a worker which does not have their session, and were brought to it: to another slot, or another host.",
    read: byPlace(
      (of) => of.requestsForwarded,
      (of) => of.requestsForwardedToHosts,
    ),
  },
  {
    name: "holdfast_upgrades_tunnelled_total",
    type: "counter",
    help: "WebSockets that came to a worker which does not have their session, and pass through it: to another slot, or another host.",
    read: byPlace(
      (of) => of.upgradesTunnelled,
      (of) => of.upgradesTunnelledToHosts,
    ),
  },
  counter(
    "holdfast_upgrades_passed_total",
    "Upgrades that were given, connection and all, to the worker of their session.",
    (of) => of.upgradesPassed,
  ),
  counter(
    "holdfast_connections_moved_total",
    "Kept connections that were given to the worker whose requests came by them.",
    (of) => of.connectionsMoved,
  ),
  counter(
    "holdfast_strays_served_total",
    "Requests and upgrades that others brought here.",
    (of) => of.straysServed,
  ),
  counter(
    "holdfast_proxy_headers_refused_total",
    "Connections without a PROXY header that can be read, where one must be.",
    (of) => of.proxyHeadersRefused,
  ),
  counter("holdfast_bus_messages_sent_total", "Messages to other workers.", ({ bus }) => bus.sent),
  counter("holdfast_bus_messages_received_total", "Messages from other workers.", ({ bus }) => bus.received),
  counter(
    "holdfast_bus_messages_lost_total",
    "Messages from workers with which this one did not keep up.",
    ({ bus }) => bus.lost,
  ),
  {
    name: "holdfast_bus_messages_dropped_total",
    type: "counter",
    help: "Messages to other workers that did not leave, or from them that made no sense.",
    read: ({ workers }) =>
      Object.entries(DROPPED).flatMap(([reason, key]) =>
        bySlot(workers, ({ snapshot }) => snapshot?.bus[key]).map(({ labels, value }) => ({
          labels: { ...labels, reason },
          value,
        })),
      ),
  },
  gauge("holdfast_bus_queue_bytes", "What waits for other workers.", ({ bus }) => bus.queuedBytes),
  gauge(
    "holdfast_bus_hung_peers",
    "Workers of which this one has heard nothing for too long.",
    ({ bus }) => bus.hung.length,
  ),
  {
    name: "holdfast_process_cpu_seconds_total",
    type: "counter",
    help: "User and system time of the process; the bridge is that of a site.",
    read: (status) => withBridge(status, ({ cpu }) => cpu / 1e6, status.site?.bridge.cpu ?? undefined, 1e6),
  },
  {
    name: "holdfast_process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of the process; the bridge is that of a site.",
    read: (status) => withBridge(status, ({ rss }) => rss, status.site?.bridge.rss ?? undefined, 1),
  },
];

type Read = (snapshot: WorkerSnapshot) => number;

function gauge(name: string, help: string, read: Read): Metric {
  return { name, type: "gauge", help, read: ({ workers }) => ofSnapshots(workers, read) };
}

function counter(name: string, help: string, read: Read): Metric {
  return { ...gauge(name, help, read), type: "counter" };
}

function byPlace(slot: Read, host: Read): Metric["read"] {
  return ({ workers }) =>
    [["slot", slot] as const, ["host", host] as const].flatMap(([to, read]) =>
      ofSnapshots(workers, read).map(({ labels, value }) => ({ labels: { ...labels, to }, value })),
    );
}

function withBridge(
  { workers }: FleetStatus,
  read: Read,
  bridge: number | undefined,
  unit: number,
): Sample[] {
  const samples = ofSnapshots(workers, read);
  return bridge === undefined
    ? samples
    : [...samples, { labels: { worker: "bridge" }, value: bridge / unit }];
}

function ofSnapshots(workers: readonly WorkerStatus[], read: Read): Sample[] {
  return bySlot(workers, ({ snapshot }) => (snapshot === null ? undefined : read(snapshot)));
}

const sum = (one: number, other: number): number => one + other;

/** A worker that has told nothing yet has no sample. */
function bySlot(
  workers: readonly WorkerStatus[],
  read: (worker: WorkerStatus) => number | undefined,
  join: (one: number, other: number) => number = sum,
): Sample[] {
  const slots = new Map<number, number>();
  for (const worker of workers) {
    const value = read(worker);
    if (value === undefined) continue;
    const before = slots.get(worker.slot);
    slots.set(worker.slot, before === undefined ? value : join(before, value));
  }
  return [...slots].map(([worker, value]) => ({ labels: { worker }, value }));
}
