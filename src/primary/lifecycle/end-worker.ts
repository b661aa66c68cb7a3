/** Primary, pure: the ways in which one worker is told to go. */

import type { Change } from "./change.js";
import { heirIdOf, isServing, readyWorker } from "./queries.js";
import type { Slot, Worker } from "./state.js";

/** A process in the kernel's hands may take a moment to die; SIGKILL is said again after so long. Milliseconds. */
export const KILL_AGAIN = 1000;
/** Time that an app keeps for its own TERM handlers, of the drain time-out: at most this, at most a fifth. Milliseconds. */
const EXIT_TIME = 2000;

/** A ready worker takes no more connections, closes its sessions, and is then told to exit. */
export function drainWorker(change: Change, worker: Worker): void {
  const { drainTimeout } = change.state.settings;
  const within = Math.max(0, drainTimeout - Math.min(EXIT_TIME, drainTimeout / 5));
  change.become(worker, {
    name: "draining",
    drainBy: change.now + within,
    killAt: change.now + drainTimeout,
  });
  change.do({ do: "drain", worker: worker.id, within });
}

/** It has drained, and tells the app by itself; the app has the rest of its time for its own last steps. */
export function awaitExit(change: Change, worker: Worker): void {
  if (worker.state.name !== "draining") return;
  change.become(worker, { name: "stopping", killAt: worker.state.killAt, failed: false });
}

/** Out of time for draining: whatever still hears TERM shall hear it. */
export function terminateLate(change: Change, worker: Worker): void {
  awaitExit(change, worker);
  change.do({ do: "signal", worker: worker.id, signal: "SIGTERM" });
}

/** A worker that was never ready has nobody to say goodbye to. */
export function terminateStarting(change: Change, worker: Worker, limit: number): void {
  change.become(worker, { name: "stopping", killAt: change.now + limit, failed: false });
  // Our part in the worker holds TERM back until it was told to drain; where it is not loaded yet, TERM ends the process.
  change.do({ do: "drain", worker: worker.id, within: limit });
  change.do({ do: "signal", worker: worker.id, signal: "SIGTERM" });
}

export function killWorker(change: Change, worker: Worker, failed: boolean): void {
  change.become(worker, { name: "stopping", killAt: change.now + KILL_AGAIN, failed });
  change.do({ do: "signal", worker: worker.id, signal: "SIGKILL" });
}

/** For a slot that is no longer wanted, or a fleet that stops. Who is on the way out already stays on it. */
export function dismissWorker(change: Change, worker: Worker): void {
  if (isServing(worker)) drainWorker(change, worker);
  else if (worker.state.name === "starting") {
    terminateStarting(change, worker, change.state.settings.drainTimeout);
  }
}

/** Who was to replace a worker that now serves on is not needed any more; but one that has got sessions already stays. */
export function dismissHeir(change: Change, slot: Slot): void {
  const old = readyWorker(slot);
  if (old === undefined) return;
  for (const worker of slot.workers) {
    if (!worker.accepts && worker.id !== heirIdOf(old)) dismissWorker(change, worker);
  }
}
