/** Primary, pure: how far a reload or a change of the number of workers is, and what it has done when it is over. */

import { type PauseCounts, pauseAt } from "../../protocol/pauses.js";
import type { ChangeProgress } from "../../protocol/status.js";
import type { Change } from "./change.js";
import type { Refusal } from "./events.js";
import { findSlot, readyWorker } from "./queries.js";
import type { FleetState, Progress, Reload, Scaling, Slot, Worker } from "./state.js";
import { addTallies, type Tally } from "./tally.js";

/** A worker is gone: what became of its sessions counts for whatever made it go. */
export function addToChange(change: Change, worker: Worker): void {
  const { reload } = change.state;
  if (worker.handoff === null) return;
  const { tally } = worker.handoff;
  const wanted = change.slot(worker.slot)?.wanted === true;
  if (wanted && reload !== null) change.set({ reload: withTally(reload, tally) });
  else if (!wanted) addToScaling(change, tally);
}

export function addToScaling(change: Change, tally: Tally): void {
  const { scaling } = change.state;
  if (scaling !== null) change.set({ scaling: withTally(scaling, tally) });
}

function withTally<P extends Progress>(progress: P, tally: Tally): P {
  return { ...progress, tally: addTallies(progress.tally, tally) };
}

/** @param outcome null: it is done */
export function endReload(change: Change, outcome: Refusal | null): void {
  const { reload } = change.state;
  if (reload === null) return;
  const lastChange = { ...reloadProgress(change.state, reload, change.now), now: [] };
  change.set({ reload: null, lastChange });
  change.answer(reload.request, outcome);
}

/** @param outcome null: it is done */
export function endScaling(change: Change, outcome: Refusal | null): void {
  const { scaling } = change.state;
  if (scaling === null) return;
  const lastChange = { ...scalingProgress(change.state, scaling, change.now), now: [] };
  change.set({ scaling: null, ...(scaling.slots > 0 && { lastChange }) });
  change.answer(scaling.request, outcome);
}

/** What is under way; a reload is said before a change of the number of workers. */
export function changeProgress(state: FleetState, now: number): ChangeProgress | null {
  const { reload, scaling } = state;
  if (reload !== null) return reloadProgress(state, reload, now);
  return scaling === null || scaling.slots === 0 ? null : scalingProgress(state, scaling, now);
}

function reloadProgress(state: FleetState, reload: Reload, now: number): ChangeProgress {
  const slots = reload.remaining.flatMap((index) => findSlot(state, index) ?? []);
  return { what: "reload", done: reload.slots - slots.length, ...summary(state, reload, slots, now) };
}

function scalingProgress(state: FleetState, scaling: Scaling, now: number): ChangeProgress {
  const slots = state.slots.filter(({ index }) => index >= Math.min(scaling.from, scaling.to));
  const open = slots.filter((slot) => !slot.wanted || readyWorker(slot) === undefined);
  const givers = state.slots.filter((slot) => readyWorker(slot)?.state.name === "handing-over");
  return {
    what: "scale",
    done: Math.max(0, scaling.slots - open.length),
    ...summary(state, scaling, [...new Set([...givers, ...open])], now),
  };
}

/** @param open the slots that are not done */
function summary(
  { generation }: FleetState,
  progress: Progress,
  open: readonly Slot[],
  now: number,
): Omit<ChangeProgress, "what" | "done"> {
  const { pauses, ...tally } = open
    .flatMap(({ workers }) => workers)
    .reduce((sum, { handoff }) => (handoff ? addTallies(sum, handoff.tally) : sum), progress.tally);
  const { slots, since } = progress;
  return {
    generation,
    slots,
    now: open.flatMap(slotNow),
    ...tally,
    ...quantiles(pauses),
    ms: Math.round(now - since),
  };
}

function quantiles(counts: PauseCounts = {}): Pick<ChangeProgress, "pauses"> {
  const [p50, p99] = [pauseAt(counts, 0.5), pauseAt(counts, 0.99)];
  return p50 === undefined || p99 === undefined ? {} : { pauses: { p50, p99 } };
}

type SlotNow = ChangeProgress["now"][number];

/** Nothing for a slot whose turn has not come. */
function slotNow(slot: Slot): SlotNow[] {
  const worker = slot.workers.find(({ handoff }) => handoff !== null);
  const phase = phaseOf(slot);
  if (phase === undefined) return [];
  const { tally, left } = worker?.handoff ?? { tally: { moved: 0 }, left: 0 };
  return [{ slot: slot.index, phase, moved: tally.moved, left }];
}

function phaseOf({ workers }: Slot): SlotNow["phase"] | undefined {
  const names = workers.map(({ state }) => state.name);
  if (names.includes("handing-over")) return "handing-over";
  if (names.includes("starting")) return "starting";
  return names.includes("draining") || names.includes("stopping") ? "draining" : undefined;
}
