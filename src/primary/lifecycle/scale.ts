/** Primary, pure: more and fewer slots. */

import { mostSlots, writtenSlotSockets } from "../../config/slot-sockets.js";
import type { Change } from "./change.js";
import { dismissHeir, dismissWorker } from "./end-worker.js";
import type { FleetEvent, Refusal } from "./events.js";
import { removeIfUnwanted } from "./exits.js";
import { endScaling } from "./progress.js";
import { isStopping, readyWorker, wantedSlots } from "./queries.js";
import { rebalanced } from "./rebalance.js";
import { type FleetState, newProgress, newSlot, type Scaling, type Slot } from "./state.js";
import { counted, durationWords, tallyFields, tallyWords } from "./tally.js";
import { firstLine, STOPPING } from "./words.js";

/** The asker is answered when the workers are there, or at once with a refusal. */
export function scale(change: Change, event: Extract<FleetEvent, { type: "scale" }>): void {
  const { to, by, request, rebalance = false } = event;
  const refusal = refusalOf(change, to);
  if (refusal !== null) {
    change.answer(request, refusal);
    change.log("warn", "scale-refused", `scale refused: ${refusal.message}`, { by });
    return;
  }
  const from = wantedSlots(change.state).length;
  endScaling(change, {
    code: "ERR_SCALE_FAILED",
    message: `Somebody else asked for ${to} workers meanwhile.`,
  });
  const progress = newProgress(Math.abs(to - from), change.now);
  const wish = rebalance && to > from ? "due" : "none";
  change.set({ scaling: { ...progress, request: request ?? null, from, to, rebalance: wish } });
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
export function finishScaling(change: Change): void {
  const { scaling } = change.state;
  const outcome = scaling === null ? undefined : outcomeOf(change.state, scaling);
  if (scaling === null || outcome === undefined) return;
  if (outcome === null && !rebalanced(change, scaling)) return;
  endScaling(change, outcome);
  if (outcome === null && scaling.slots > 0) logFinished(change, scaling);
}

function logFinished(change: Change, { since, from, to, tally }: Scaling): void {
  const ms = Math.round(change.now - since);
  const what = to > from && tally.moved === 0 ? "" : `: ${tallyWords(tally)}`;
  const text = `scaled from ${from} to ${counted(to, "worker")} in ${durationWords(ms)}${what}`;
  change.log("info", "scale-finished", text, { from, to, ms, ...tallyFields(tally) });
}

/** @returns undefined while it is open */
function outcomeOf(state: FleetState, { from }: Scaling): Refusal | null | undefined {
  if (isStopping(state)) return STOPPING;
  const missing = state.slots.filter((slot) => !slot.wanted || readyWorker(slot) === undefined);
  const failing = missing.find((slot) => slot.index >= from && slot.failures > 0);
  if (failing !== undefined) return scaleFailure(state, failing);
  return missing.length === 0 ? null : undefined;
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
    // A worker that only drains or gives its sessions away is on its way out: the new one starts behind it.
    const stays = slot.workers.some(({ state }) => state.name === "ready");
    if (stays) reloadAgain(change, index);
    change.setSlot(index, { wanted: true, restartAt: stays ? null : change.now, failures: 0 });
  }
}

/** A reload that runs had left the slot out. */
function reloadAgain(change: Change, index: number): void {
  const { reload } = change.state;
  if (reload === null || reload.remaining.includes(index)) return;
  change.set({ reload: { ...reload, remaining: [...reload.remaining, index] } });
}

/** Whoever serves there gives its sessions away before it goes; see retire.ts. */
function dropSlot(change: Change, index: number): void {
  const slot = change.slot(index);
  if (slot === undefined) return;
  change.setSlot(index, { wanted: false, restartAt: null });
  dismissHeir(change, slot);
  // Without anybody beside it, it would serve a slot that is to go.
  const starting = change.slot(index)?.workers.find(({ state }) => state.name === "starting");
  if (starting !== undefined) dismissWorker(change, starting);
  removeIfUnwanted(change, index);
}
