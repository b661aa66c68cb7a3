/** Benchmark: the workloads by name, for the load client, the measuring and the report. Data only. */

export const LOAD_NAMES = ["echo", "websocket", "upgrade", "polling"] as const;
/** A load is run as often as the servers allow; its figure is the cost of one operation. */
export type LoadName = (typeof LOAD_NAMES)[number];

/** `idle` opens sessions one after another and then many, and weighs them. */
export const WORKLOAD_NAMES = ["idle", ...LOAD_NAMES] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** What one operation is, and how many run at the same time. */
export const LOADS: Readonly<Record<LoadName, { readonly title: string; readonly concurrency: number }>> = {
  echo: { title: "WebSocket echo with ack", concurrency: 100 },
  websocket: { title: "WebSocket-only session, opened and closed", concurrency: 24 },
  upgrade: { title: "polling session, then upgrade", concurrency: 96 },
  polling: { title: "polling-only session, 2 events", concurrency: 24 },
};
