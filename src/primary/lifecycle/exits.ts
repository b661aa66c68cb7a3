/** Primary, pure: what a worker's exit means, and when its slot gets the next one. */

import type { Change } from "./change.js";
import { KILL_AGAIN } from "./end-worker.js";
import { EXIT_GAVE_UP, EXIT_LOAD, end, giveUpIfHopeless } from "./ending.js";
import type { FleetEvent } from "./events.js";
import { isHeir, settleSlots } from "./handoff.js";
import { addToChange } from "./progress.js";
import { isOccupied, readyCount, readyWorker } from "./queries.js";
import { failReload, isReloadStep } from "./reload.js";
import type { Slot, Worker } from "./state.js";
import { firstLine } from "./words.js";

type Exit = Extract<FleetEvent, { type: "exited" }>;
type CannotJoin = Extract<FleetEvent, { type: "cannot-join" }>;
type CannotListen = Extract<FleetEvent, { type: "cannot-listen" }>;
type Failed = Extract<FleetEvent, { type: "failed" }>;

/** A worker that says so exits by itself; it is killed if it does not. Milliseconds. */
const EXIT_AFTER_FAILURE = 2000;

/** The worker said that the app could not be loaded, or threw. Its exit follows. */
export function failed(change: Change, event: Failed): void {
  const worker = change.worker(event.worker);
  if (worker === undefined) return;
  const { kind, message, code } = event;
  const failure = { kind, message, ...(code !== undefined && { code }) };
  change.setWorker(worker, { failure });
  if (worker.state.name !== "starting") return;
  change.setWorker(worker, {
    state: { name: "stopping", killAt: change.now + EXIT_AFTER_FAILURE, failed: true },
  });
  const { ending, everReady } = change.state;
  if (kind !== "load" || everReady || ending !== null) return;
  const how = "could not load the app";
  change.set({ lastFailure: { worker: worker.id, slot: worker.slot, how, failure } });
  end(change, "load", EXIT_LOAD);
}

/** A fleet that never served is of no use without all its sockets; in one that serves, the asker alone fails. */
export function cannotListen(change: Change, { worker, slot, message, code }: CannotListen): void {
  if (change.state.everReady || change.state.ending !== null) return;
  const failure = { kind: "boot", message, code } as const;
  change.set({ lastFailure: { worker, slot, how: "cannot listen", failure } });
  end(change, "listen", EXIT_GAVE_UP);
}

/** What the site refuses at the start, waiting does not mend. */
export function cannotJoin(change: Change, { message, code, exitCode }: CannotJoin): void {
  if (change.state.ending !== null) return;
  const failure = { kind: "boot", message, code } as const;
  change.set({ lastFailure: { worker: 0, slot: 0, how: "cannot join the site", failure } });
  end(change, "site", exitCode);
}

/** The process is gone. */
export function exited(change: Change, event: Exit): void {
  const worker = change.worker(event.worker);
  const slot = worker && change.slot(worker.slot);
  if (worker === undefined || slot === undefined) return;
  const asked = change.state.ending !== null || isDismissed(worker);
  const how = event.problem ?? wayOut(event, asked);
  const workers = slot.workers.filter((other) => other.id !== worker.id);
  change.setSlot(slot.index, { workers, lastExit: how });
  addToChange(change, worker);
  // Before it is asked who serves: somebody may have waited for just this.
  settleSlots(change);
  if (asked) logExpected(change, worker, how, event);
  else crashed(change, worker, event.problem ?? `${how}${when(change, worker)}`);
  removeIfUnwanted(change, slot.index);
}

/** It was told to go, by a drain, a reload or a smaller fleet. */
export function isDismissed({ state }: Worker): boolean {
  return state.name === "draining" || (state.name === "stopping" && !state.failed);
}

function logExpected(change: Change, worker: Worker, how: string, event: Exit): void {
  const early = worker.state.name === "draining" && !(event.code === 0 || event.signal === "SIGTERM");
  const text = early ? `${how} before it was drained` : how;
  change.logOf(worker, early ? "warn" : "info", "worker-exited", text, exitFields(event));
}

function exitFields({ code, signal }: Exit): { code: number | null; signal: string | null } {
  return { code, signal };
}

/** Nobody asked for this exit. */
function crashed(change: Change, worker: Worker, story: string): void {
  const { state } = worker;
  const serving = state.name === "ready" || state.name === "handing-over";
  const wasHealthy = serving && state.healthyAt === null;
  if (!wasHealthy) countFailure(change, worker, story);
  planRestart(change, worker, story);
  if (isReloadStep(change, worker)) failReload(change, worker, story);
  giveUpIfHopeless(change);
}

function when(change: Change, worker: Worker): string {
  const { state } = worker;
  if (isHeir(worker)) return " before it had taken over";
  if (state.name !== "ready" && state.name !== "handing-over") return " before it was ready";
  if (state.healthyAt === null) return "";
  return `, less than ${change.state.settings.minUptime} ms after it was ready`;
}

function countFailure(change: Change, worker: Worker, how: string): void {
  const slot = change.slot(worker.slot);
  // A reload that failed beside a worker that serves says nothing about the slot.
  const failures = slot === undefined || readyWorker(slot) !== undefined ? 0 : slot.failures + 1;
  change.setSlot(worker.slot, { failures, tried: true });
  change.set({ lastFailure: { worker: worker.id, slot: worker.slot, how, failure: worker.failure } });
  // While others serve, a slot may fail for ever without counting against the fleet.
  if (readyCount(change.state) === 0) change.set({ failures: change.state.failures + 1 });
}

function planRestart(change: Change, worker: Worker, how: string): void {
  const slot = change.slot(worker.slot);
  if (slot === undefined || !slot.wanted || isOccupied(slot)) {
    change.logOf(worker, "error", "worker-exited", how);
    return;
  }
  const delay = restartDelay(change, slot);
  change.setSlot(slot.index, { restartAt: change.now + delay, restarts: slot.restarts + 1 });
  const count = slot.failures > 1 ? ` (failure ${slot.failures} in a row)` : "";
  const others = readyCount(change.state);
  const serving =
    slot.failures >= change.state.settings.maxFailures && others > 0
      ? `; the other ${others} ready ${others === 1 ? "worker serves" : "workers serve"}, so it is tried for ever`
      : "";
  const said = worker.failure === null ? "" : ` (${firstLine(worker.failure.message)})`;
  const text = `${how}${said}; next start in ${delay} ms${count}${serving}`;
  const fields = { failures: slot.failures, delay, reason: worker.failure?.message ?? null };
  change.logOf(worker, "error", "worker-exited", text, fields);
}

/** Doubles with every failure in a row, from `restartDelay` to `restartDelayMax`. */
function restartDelay(change: Change, slot: Slot): number {
  const { restartDelay: first, restartDelayMax: most } = change.state.settings;
  return Math.min(most, first * 2 ** Math.min(30, Math.max(0, slot.failures - 1)));
}

/** `exited with code 1`, `was killed by SIGSEGV`; for a server, an end without an error is one too. */
function wayOut({ code, signal }: Exit, asked: boolean): string {
  if (signal !== null) return asked && signal === "SIGTERM" ? "ended by SIGTERM" : `was killed by ${signal}`;
  return code === 0 && !asked ? "ended by itself with code 0" : `exited with code ${code}`;
}

export function removeIfUnwanted(change: Change, index: number): void {
  const slot = change.slot(index);
  if (slot === undefined || slot.wanted || slot.workers.length > 0) return;
  change.set({ slots: change.state.slots.filter((other) => other.index !== index) });
}

/** SIGKILL for whatever is past its time, and the note that its start failed. */
export function bootTimedOut(change: Change, worker: Worker): void {
  const { bootTimeout } = change.state.settings;
  const message = `It was not ready within ${bootTimeout} ms.`;
  change.logOf(worker, "error", "boot-timeout", `was not ready within ${bootTimeout} ms: killed`);
  change.setWorker(worker, {
    failure: worker.failure ?? { kind: "boot", message },
    state: { name: "stopping", killAt: change.now + KILL_AGAIN, failed: true },
  });
  change.do({ do: "signal", worker: worker.id, signal: "SIGKILL" });
}
