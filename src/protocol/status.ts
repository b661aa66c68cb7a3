/** Protocol: what the primary answers on its control socket. Types only. */

import type { AdminAddress } from "../config/admin-address.js";
import type { SlotSockets } from "../config/slot-sockets.js";
import type { BridgeSnapshot } from "./bridge-messages.js";
import type { ListenAddress, WorkerSnapshot } from "./messages.js";

export type WorkerStateName = "starting" | "ready" | "handing-over" | "draining" | "stopping" | "exited";

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

export type MemoryStatus = {
  /** Bytes for the whole container or control group. */
  readonly limit: number;
  /** `--max-old-space-size` of the next worker, in MiB; null: the user has set it, or Node's own default is right. */
  readonly heap: number | null;
};

/** The site that a fleet is part of, as its bridge last said. Counts are since the start of the bridge. */
export type SiteStatus = Omit<BridgeSnapshot, "rss" | "cpu"> & {
  /** The number of this host; null: the site has not given one yet. */
  readonly host: number | null;
  /** `rss` in bytes, `cpu` in microseconds, both null until it says them; `pid` null: it is about to be started again. */
  readonly bridge: {
    readonly pid: number | null;
    readonly restarts: number;
    readonly rss: number | null;
    readonly cpu: number | null;
  };
};

/** A reload or a change of the number of workers, under way or over. */
export type ChangeProgress = {
  readonly what: "reload" | "scale";
  readonly generation: number;
  /** Slots that have to be done in all, and those that are. */
  readonly slots: number;
  readonly done: number;
  /** What is being done now, by slot. */
  readonly now: readonly {
    readonly slot: number;
    readonly phase: "starting" | "handing-over" | "draining";
    /** Sessions that have moved from it, and those that are to. */
    readonly moved: number;
    readonly left: number;
  }[];
  /** Sessions that moved to another worker, of all slots so far. */
  readonly moved: number;
  /** Sessions that were told to reconnect. */
  readonly closed: number;
  /** Those that could not move, by reason. */
  readonly stayed: Readonly<Record<string, number>>;
  /** The longest pause of a session. Milliseconds. */
  readonly longestPause: number;
  /** Half of the pauses, and all but one in a hundred, were no longer; absent where nothing moved. Milliseconds. */
  readonly pauses?: { readonly p50: number; readonly p99: number };
  /** Since it began, or as long as it took. Milliseconds. */
  readonly ms: number;
};

export type FleetStatus = {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly state: "starting" | "ready" | "stopping";
  /** What `/readyz` says: somebody serves, and the fleet was not told to stop. */
  readonly ready: boolean;
  /** Told to stop, and serving on for so long. Milliseconds; null: it is not. */
  readonly drainIn: number | null;
  readonly entry: string;
  /** The host that its sids name. */
  readonly hostNumber: number;
  readonly policy: string;
  /** Milliseconds. */
  readonly uptime: number;
  readonly listening: readonly ListenAddress[];
  /** `--listen`: which socket each slot has for itself; null: all share one. */
  readonly slotSockets: SlotSockets | null;
  /** `--admin`: where health is answered; null: nowhere. */
  readonly admin: AdminAddress | null;
  /** What the system grants; null: as much as the machine has. */
  readonly memory: MemoryStatus | null;
  /** `--redis`; null: this host stands alone. */
  readonly site: SiteStatus | null;
  readonly sessions: number;
  /** What is under way; null: nothing. */
  readonly change: ChangeProgress | null;
  /** The last one that ended; null: there was none. */
  readonly lastChange: ChangeProgress | null;
  readonly workers: readonly WorkerStatus[];
};
