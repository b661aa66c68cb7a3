/** Primary, pure: the state of the fleet as others may read it. */

import type { FleetSettings } from "../config/settings.js";
import type { ListenAddress, WorkerSnapshot } from "../protocol/messages.js";
import type { FleetStatus, MemoryStatus, SiteStatus, WorkerStatus } from "../protocol/status.js";
import { type Health, healthOf } from "./admin/health.js";
import { changeProgress } from "./lifecycle/progress.js";
import { isServing, isStopping } from "./lifecycle/queries.js";
import type { FleetState, Slot, Worker } from "./lifecycle/state.js";

/** What the primary knows of a worker besides its life. */
export type WorkerReport = {
  readonly snapshot: WorkerSnapshot | null;
  readonly listening: readonly ListenAddress[];
  readonly heardAt: number;
};

export type StatusSources = {
  readonly settings: FleetSettings;
  readonly version: string;
  readonly pid: number;
  readonly now: number;
  readonly reportOf: (worker: number) => WorkerReport | undefined;
  readonly memory: MemoryStatus | null;
  readonly site: SiteStatus | null;
};

export function fleetStatus(state: FleetState, sources: StatusSources): FleetStatus {
  const { settings, version, pid, now, reportOf } = sources;
  const workers = state.slots.flatMap((slot) => workersOf(slot, now, reportOf));
  return {
    schemaVersion: 1,
    name: settings.name,
    version,
    pid,
    state: stateName(state),
    ready: fleetHealth(state, sources).ready.ok,
    drainIn: state.leaving === null ? null : Math.max(0, Math.round(state.leaving.drainAt - now)),
    entry: settings.entry,
    hostNumber: sources.site?.host ?? settings.hostNumber,
    policy: settings.policy,
    uptime: Math.round(now - state.startedAt),
    listening: listeningOf(state, reportOf),
    slotSockets: settings.listen ?? null,
    admin: settings.admin ?? null,
    memory: sources.memory,
    site: sources.site,
    sessions: workers.reduce((sum, worker) => sum + (worker.snapshot?.sessions ?? 0), 0),
    change: changeProgress(state, now),
    lastChange: state.lastChange,
    workers,
  };
}

export function fleetHealth(state: FleetState, sources: Pick<StatusSources, "now" | "reportOf">): Health {
  const { now, reportOf } = sources;
  return healthOf(state, (id) => now - (reportOf(id)?.heardAt ?? now));
}

function stateName(state: FleetState): FleetStatus["state"] {
  if (isStopping(state)) return "stopping";
  return state.announced ? "ready" : "starting";
}

/** Where the app listens, each address once. */
export function listeningOf(state: FleetState, reportOf: StatusSources["reportOf"]): ListenAddress[] {
  const byText = new Map<string, ListenAddress>();
  for (const slot of state.slots) {
    for (const worker of slot.workers) {
      if (!isServing(worker) && worker.state.name !== "starting") continue;
      for (const address of reportOf(worker.id)?.listening ?? [])
        byText.set(JSON.stringify(address), address);
    }
  }
  return [...byText.values()];
}

function workersOf(slot: Slot, now: number, reportOf: StatusSources["reportOf"]): WorkerStatus[] {
  if (slot.workers.length === 0) return [exitedStatus(slot)];
  return slot.workers.map((worker) => workerStatus(slot, worker, now, reportOf));
}

function workerStatus(
  slot: Slot,
  worker: Worker,
  now: number,
  reportOf: StatusSources["reportOf"],
): WorkerStatus {
  return {
    slot: slot.index,
    pid: worker.pid,
    generation: worker.generation,
    state: worker.state.name,
    uptime: Math.round(now - worker.startedAt),
    restarts: slot.restarts,
    lastExit: slot.lastExit,
    listening: reportOf(worker.id)?.listening ?? [],
    snapshot: reportOf(worker.id)?.snapshot ?? null,
  };
}

/** Nobody is in the slot: the next worker comes when its pause is over. */
function exitedStatus({ index, restarts, lastExit, lastGeneration }: Slot): WorkerStatus {
  const nobody = { pid: null, state: "exited", uptime: 0, listening: [], snapshot: null } as const;
  return { slot: index, generation: lastGeneration, restarts, lastExit, ...nobody };
}
