/** Protocol: what the primary answers on its control socket. Types only. */

import type { SlotSockets } from "../config/slot-sockets.js";
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
  /** Where its servers listen. */
  readonly listening: readonly ListenAddress[];
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
  /** `--listen`: which socket each slot has for itself; null: all share one. */
  readonly slotSockets: SlotSockets | null;
  readonly sessions: number;
  readonly workers: readonly WorkerStatus[];
};
