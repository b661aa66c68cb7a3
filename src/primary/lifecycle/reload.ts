/** Primary, pure: a rolling reload in its plain form. In each slot the old worker drains when the new one is ready. */

import type { Change } from "./change.js";
import { drainWorker } from "./end-worker.js";
import type { FleetEvent, Refusal } from "./events.js";
import { canSpawn, isStopping, readyWorker, wantedSlots } from "./queries.js";
import { startWorker } from "./start-worker.js";
import type { Slot, Worker } from "./state.js";
import { firstLine, STOPPING } from "./words.js";

/** The asker is answered at the end, or at once with a refusal. */
export function beginReload(change: Change, event: Extract<FleetEvent, { type: "reload" }>): void {
  const refusal = refusalOf(change);
  if (refusal !== null) {
    change.answer(event.request, refusal);
    change.log("warn", "reload-refused", `reload refused: ${refusal.message}`, { by: event.by });
    return;
  }
  const { by, request = null } = event;
  const generation = change.state.generation + 1;
  const remaining = wantedSlots(change.state).map((slot) => slot.index);
  change.set({ generation, reload: { since: change.now, remaining, request } });
  const fields = { generation, by };
  change.log("info", "reload-started", `reload to generation ${generation} started: ${by}`, fields);
}

function refusalOf(change: Change): Refusal | null {
  const { reload, generation } = change.state;
  if (isStopping(change.state)) return STOPPING;
  if (reload === null) return null;
  const message = `A reload to generation ${generation} runs already. Wait for its end, then ask again.`;
  return { code: "ERR_RELOAD_IN_PROGRESS", message };
}

/** Does what can be done now; called after every event. */
export function advanceReload(change: Change): void {
  const { reload } = change.state;
  if (reload === null) return;
  const next = reload.remaining.findIndex((index) => {
    const slot = change.slot(index);
    return slot?.wanted && !isDone(change, slot);
  });
  const remaining = next === -1 ? [] : reload.remaining.slice(next);
  change.set({ reload: { ...reload, remaining } });
  const slot = remaining[0] === undefined ? undefined : change.slot(remaining[0]);
  if (slot === undefined) finish(change);
  else step(change, slot);
}

/** The slot has a ready worker of the present generation, and nobody else. */
function isDone(change: Change, slot: Slot): boolean {
  return slot.workers.length === 1 && readyWorker(slot)?.generation === change.state.generation;
}

function step(change: Change, slot: Slot): void {
  const ready = slot.workers.filter((worker) => worker.state.name === "ready");
  const old = ready.find((worker) => worker.generation !== change.state.generation);
  if (old === undefined) {
    if (canSpawn(slot)) startWorker(change, slot);
  } else if (ready.length === 2) {
    drainWorker(change, old);
  } else if (slot.workers.length === 1) {
    // Whoever starts beside it is waited for, of whatever generation: never two that start in one slot.
    startWorker(change, slot);
  }
}

function finish(change: Change): void {
  const { reload, generation } = change.state;
  const ms = Math.round(change.now - (reload?.since ?? change.now));
  change.set({ reload: null });
  change.answer(reload?.request, null);
  const fields = { generation, ms };
  change.log("info", "reload-finished", `reload to generation ${generation} finished in ${ms} ms`, fields);
}

/** This worker is the one that the reload waits for. */
export function isReloadStep({ state }: Change, worker: Worker): boolean {
  return state.reload?.remaining[0] === worker.slot && worker.generation === state.generation;
}

/** The new worker did not make it: the reload ends, whoever served goes on serving. */
export function failReload(change: Change, worker: Worker, how: string): void {
  const { reload, generation } = change.state;
  const left = reload?.remaining.length ?? 0;
  change.set({ reload: null });
  const reason = worker.failure === null ? how : `${how} (${firstLine(worker.failure.message)})`;
  const kept = `${left} of ${wantedSlots(change.state).length} slots keep the workers they had`;
  const sentence = `the new worker of slot ${worker.slot} ${reason}; ${kept}. Mend the app and reload again.`;
  const message = `The reload to generation ${generation} failed: ${sentence}`;
  change.answer(reload?.request, { code: "ERR_RELOAD_FAILED", message });
  change.logOf(worker, "error", "reload-failed", `reload to generation ${generation} failed: ${sentence}`, {
    left,
  });
}
