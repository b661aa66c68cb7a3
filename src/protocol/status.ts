/** Protocol: what the primary answers on its control socket. Types only. */

import type { ListenAddress, WorkerSnapshot } from "./messages.js";

export type WorkerStateName = "starting" | "ready" | "draining" | "stopping" | "exited";

export type WorkerStatus = {
  readonly slot: number;
  readonly pid: number | null;
  readonly generation: number;
  readonly state: WorkerStateName;
  /** Milliseconds since the process began. */
  readonly uptime: number;
  readonly restarts: number;
  readonly lastExit: string | null;
  readonly snapshot: WorkerSnapshot | null;
};

export type FleetStatus = {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly state: "starting" | "ready" | "stopping";
  readonly entry: string;
  readonly policy: string;
  /** Milliseconds. */
  readonly uptime: number;
  readonly listening: readonly ListenAddress[];
  readonly sessions: number;
  readonly workers: readonly WorkerStatus[];
};
