/** Primary, pure: more and fewer slots. */

import { mostSlots, writtenSlotSockets } from "../../config/slot-sockets.js";
import type { Change } from "./change.js";
import { dismissWorker } from "./end-worker.js";
import type { FleetEvent, Refusal } from "./events.js";
import { removeIfUnwanted } from "./exits.js";
import { isStopping, readyWorker, wantedSlots } from "./queries.js";
import { type FleetState, newSlot, type ScaleWait, type Slot } from "./state.js";
import { firstLine, STOPPING } from "./words.js";

/** The asker is answered when the workers are there, or at once with a refusal. */
export function scale(change: Change, event: Extract<FleetEvent, { type: "scale" }>): void {
  const { to, by, request } = event;
  const refusal = refusalOf(change, to);
  if (refusal !== null) {
    change.answer(request, refusal);
    change.log("warn", "scale-refused", `scale refused: ${refusal.message}`, { by });
    return;
  }
  const from = wantedSlots(change.state).length;
  endWait(change, {
    code: "ERR_SCALE_FAILED",
    message: `Somebody else asked for ${to} workers meanwhile.`,
  });
  if (request !== undefined) change.set({ scaleWait: { request, from, to } });
  if (to === from) return;
  change.log("info", "scaled", `scaling from ${from} to ${to} workers: ${by}`, { from, to, by });
  for (let index = from; index < to; index++) addSlot(change, index);
  for (let index = from - 1; index >= to; index--) dropSlot(change, index);
}

export function scaleBy(change: Change, event: Extract<FleetEvent, { type: "scale-by" }>): void {
  const to = wantedSlots(change.state).length + event.change;
  scale(change, { type: "scale", to, by: event.by });
}

/** Answers the one who waits, once it can be said how it went; called after every event. */
export function answerScaleWait(change: Change): void {
  const { scaleWait } = change.state;
  const outcome = scaleWait === null ? undefined : outcomeOf(change.state, scaleWait);
  if (outcome !== undefined) endWait(change, outcome);
}

/** @returns undefined while it is open */
function outcomeOf(state: FleetState, { from }: ScaleWait): Refusal | null | undefined {
  if (isStopping(state)) return STOPPING;
  const missing = state.slots.filter((slot) => !slot.wanted || readyWorker(slot) === undefined);
  const failing = missing.find((slot) => slot.index >= from && slot.failures > 0);
  if (failing !== undefined) return scaleFailure(state, failing);
  return missing.length === 0 ? null : undefined;
}

function endWait(change: Change, outcome: Refusal | null): void {
  change.answer(change.state.scaleWait?.request, outcome);
  change.set({ scaleWait: null });
}

function scaleFailure({ lastFailure }: FleetState, slot: Slot): Refusal {
  const said = lastFailure?.slot === slot.index ? lastFailure.failure?.message : undefined;
  const why = said === undefined ? "" : ` (${firstLine(said)})`;
  const message = `The new worker of slot ${slot.index} failed: it ${slot.lastExit ?? "is not there"}${why}. It is tried again and again; see the log.`;
  return { code: "ERR_SCALE_FAILED", message };
}

function refusalOf(change: Change, to: number): Refusal | null {
  if (isStopping(change.state)) return STOPPING;
  const { listen } = change.state.settings;
  const most = mostSlots(listen);
  if (Number.isInteger(to) && to >= 1 && to <= most) return null;
  const whose = listen?.kind === "ports" ? `A fleet with --listen ${writtenSlotSockets(listen)}` : "A fleet";
  const message = `${whose} has 1 to ${most} workers, and ${to} were asked for. Ask for a number between.`;
  return { code: "ERR_WORKERS", message };
}

function addSlot(change: Change, index: number): void {
  const slot = change.slot(index);
  if (slot === undefined) {
    const slots: Slot[] = [...change.state.slots, newSlot(index, change.now)];
    change.set({ slots });
  } else {
    // Its last worker still drains: the new one starts beside it.
    change.setSlot(index, { wanted: true, restartAt: change.now, failures: 0 });
  }
}

function dropSlot(change: Change, index: number): void {
  const slot = change.slot(index);
  if (slot === undefined) return;
  change.setSlot(index, { wanted: false, restartAt: null });
  for (const worker of slot.workers) dismissWorker(change, worker);
  removeIfUnwanted(change, index);
}
