/** Primary, pure: a reload: slot by slot, a new worker is ready before the old one hands its sessions over and drains. */

import type { Change } from "./change.js";
import { dismissHeir } from "./end-worker.js";
import type { FleetEvent, Refusal } from "./events.js";
import { handOver, type Obstacle, obstacleOf, takeOver, withhold } from "./handoff.js";
import { endReload } from "./progress.js";
import { canSpawn, heirOf, isReceiving, isStopping, readyWorker, wantedSlots } from "./queries.js";
import { startWorker } from "./start-worker.js";
import { newProgress, type Reload, type Slot, type Worker } from "./state.js";
import { counted, durationWords, tallyFields, tallyWords } from "./tally.js";
import { firstLine, STOPPING, WAITS_FOR_SITE } from "./words.js";

type ReloadEvent = Extract<FleetEvent, { type: "reload" }>;

/** The asker is answered at the end, or at once with a refusal. */
export function beginReload(change: Change, event: ReloadEvent): void {
  const { by, request = null, parallel = change.state.settings.parallel } = event;
  const refusal = refusalOf(change, parallel);
  if (refusal !== null) {
    change.answer(request, refusal);
    change.log("warn", "reload-refused", `reload refused: ${refusal.message}`, { by });
    return;
  }
  const generation = change.state.generation + 1;
  const remaining = wantedSlots(change.state).map((slot) => slot.index);
  const progress = newProgress(remaining.length, change.now);
  change.set({ generation, reload: { ...progress, remaining, parallel, request, withheld: null } });
  const fields = { generation, by };
  change.log("info", "reload-started", `reload to generation ${generation} started: ${by}`, fields);
}

function refusalOf(change: Change, parallel: number): Refusal | null {
  const { reload, generation } = change.state;
  if (isStopping(change.state)) return STOPPING;
  if (change.state.held) return WAITS_FOR_SITE;
  if (reload !== null) {
    const message = `A reload to generation ${generation} runs already. Wait for its end, then ask again.`;
    return { code: "ERR_RELOAD_IN_PROGRESS", message };
  }
  if (Number.isInteger(parallel) && parallel >= 1) return null;
  const message = `A reload replaces one slot at a time or more, and ${parallel} were asked for. Ask for a whole number from 1.`;
  return { code: "ERR_PARALLEL", message };
}

/** Does what can be done now; called after every event. */
export function advanceReload(change: Change): void {
  if (change.state.reload === null) return;
  const remaining = change.state.reload.remaining.filter((index) => {
    const slot = change.slot(index);
    return slot?.wanted && !isDone(change, slot);
  });
  const reload = { ...change.state.reload, remaining };
  change.set({ reload });
  if (remaining.length === 0) finish(change, reload);
  for (const index of slotsInWork(reload)) {
    const slot = change.slot(index);
    if (slot !== undefined) step(change, slot);
  }
}

function slotsInWork({ remaining, parallel }: Reload): readonly number[] {
  return remaining.slice(0, parallel);
}

/** The slot has a ready worker of the present generation, and nobody else. */
function isDone(change: Change, slot: Slot): boolean {
  const worker = readyWorker(slot);
  return slot.workers.length === 1 && worker?.generation === change.state.generation;
}

function step(change: Change, slot: Slot): void {
  const old = readyWorker(slot);
  if (old === undefined) {
    if (canSpawn(slot)) startWorker(change, slot);
    return;
  }
  // Whoever hands over, starts or drains is waited for.
  if (old.state.name !== "ready" || old.generation === change.state.generation) return;
  const heir = heirOf(slot);
  if (heir !== undefined) replace(change, old, heir);
  else if (slot.workers.length === 1) startWorker(change, slot);
}

function replace(change: Change, old: Worker, heir: Worker): void {
  const obstacle = obstacleOf(change, [old, heir]);
  if (obstacle !== undefined) {
    noteObstacle(change, obstacle);
    takeOver(change, heir);
    withhold(change, old, obstacle);
  } else if (!isReceiving(change.state, old.slot)) {
    handOver(change, old, { to: [old.slot], purpose: { kind: "reload", heir: heir.id } });
  }
}

/** Said once in a reload: it is the same in every slot. */
function noteObstacle(change: Change, { reason, sentence }: Obstacle): void {
  const { reload } = change.state;
  if (reload === null || reload.withheld !== null) return;
  change.set({ reload: { ...reload, withheld: sentence ?? reason } });
  if (sentence === undefined) return;
  const text = `cannot hand sessions over, they are told to reconnect: ${sentence}`;
  change.log("warn", "handoff-impossible", text);
}

function finish(change: Change, { since, slots, tally }: Reload): void {
  const { generation } = change.state;
  const ms = Math.round(change.now - since);
  endReload(change, null);
  const what = `${counted(slots, "worker")} reloaded, ${tallyWords(tally)}`;
  const text = `reload to generation ${generation} finished in ${durationWords(ms)}: ${what}`;
  change.log("info", "reload-finished", text, { generation, ms, slots, ...tallyFields(tally) });
}

/** This worker is one that the reload waits for. */
export function isReloadStep({ state }: Change, worker: Worker): boolean {
  if (state.reload === null || worker.generation !== state.generation) return false;
  return slotsInWork(state.reload).includes(worker.slot);
}

/**
 * The new worker did not make it: the reload ends, whoever served goes on serving. Sessions that are under way in other slots go on
 * to where they go: nothing is wrong there.
 */
export function failReload(change: Change, worker: Worker, how: string): void {
  const { reload, generation, slots } = change.state;
  if (reload === null) return;
  const left = slots.filter((slot) => reload.remaining.includes(slot.index) && keepsWorker(slot)).length;
  const reason = worker.failure === null ? how : `${how} (${firstLine(worker.failure.message)})`;
  const kept = `${left} of ${wantedSlots(change.state).length} slots keep the workers they had`;
  const sentence = `the new worker of slot ${worker.slot} ${reason}; ${kept}. Mend the app and reload again.`;
  const message = `The reload to generation ${generation} failed: ${sentence}`;
  const code = worker.failure?.kind === "load" ? "ERR_APP_LOAD" : "ERR_RELOAD_FAILED";
  endReload(change, { code, message });
  for (const slot of slots) dismissHeir(change, slot);
  const text = `reload to generation ${generation} failed: ${sentence}`;
  change.logOf(worker, "error", "reload-failed", text, { left });
}

function keepsWorker(slot: Slot): boolean {
  return readyWorker(slot)?.state.name !== "handing-over";
}
