/** Benchmark: the workloads by name, for the load client, the measuring and the report. Data only. */

export const LOAD_NAMES = ["echo", "websocket", "polling", "upgrade"] as const;
/** A load is run as often as the servers allow; its figure is the cost of one operation. */
export type LoadName = (typeof LOAD_NAMES)[number];

/** `idle` opens sessions one after another and then many, and weighs them. */
export const WORKLOAD_NAMES = ["idle", ...LOAD_NAMES] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

export type Load = {
  /** What one operation is. */
  readonly title: string;
  /** Operations under way at the same time. */
  readonly concurrency: number;
  /** Operations that compile as much code as one session does. */
  readonly perSession: number;
};

export const LOADS: Readonly<Record<LoadName, Load>> = {
  echo: { title: "WebSocket echo with ack", concurrency: 100, perSession: 10 },
  websocket: { title: "WebSocket-only session, opened and closed", concurrency: 24, perSession: 1 },
  polling: { title: "polling-only session, 2 events", concurrency: 24, perSession: 1 },
  upgrade: { title: "polling session, then upgrade", concurrency: 96, perSession: 1 },
};
