/** Primary, pure: after more workers were asked for, the fullest slots give the new ones a share of their sessions. */

import type { Change } from "./change.js";
import type { FleetEvent, SlotCount } from "./events.js";
import { handOver, obstacleOf } from "./handoff.js";
import { allWorkers, isReceiving, readyWorker, wantedSlots } from "./queries.js";
import { canReceive, takersIn } from "./retire.js";
import type { FleetState, Scaling, Slot } from "./state.js";
import { counted } from "./tally.js";

/** @returns whether there is nothing to move any more; called when every slot is ready */
export function rebalanced(change: Change, scaling: Scaling): boolean {
  if (scaling.rebalance === "none") return true;
  // A reload moves the same sessions; behind it there is time.
  if (scaling.rebalance === "due" && change.state.reload === null) {
    change.set({ scaling: { ...scaling, rebalance: "counting" } });
    change.do({ do: "count-sessions" });
  }
  return scaling.rebalance === "moving" && !isMoving(change.state);
}

function isMoving(state: FleetState): boolean {
  return allWorkers(state).some((worker) => {
    return worker.state.name === "handing-over" && worker.state.purpose.kind === "rebalance";
  });
}

export function sessionsCounted(
  change: Change,
  { counts }: Extract<FleetEvent, { type: "sessions-counted" }>,
): void {
  const { scaling } = change.state;
  if (scaling?.rebalance !== "counting") return;
  change.set({ scaling: { ...scaling, rebalance: "moving" } });
  const able = wantedSlots(change.state).filter((slot) => canReceive(slot) && slot.workers.length === 1);
  const takers = able.filter(({ index }) => index >= scaling.from);
  if (takers.length === 0) return;
  for (const { slot: index, sessions } of sharesOf(counts, scaling.from)) {
    const slot = able.find((other) => other.index === index);
    if (slot !== undefined) give(change, slot, takers, sessions);
  }
}

function give(change: Change, slot: Slot, takers: readonly Slot[], share: number): void {
  const worker = readyWorker(slot);
  if (worker === undefined || isReceiving(change.state, slot.index)) return;
  if (obstacleOf(change, [worker]) !== undefined) return;
  const to = takers.map(({ index }) => index);
  handOver(change, worker, { to, purpose: { kind: "rebalance", takers: takersIn(takers) }, share });
  const text = `gives ${counted(share, "session")} to the new slots`;
  change.logOf(worker, "info", "rebalancing", text, { share });
}

/**
 * @param from the first of the new slots
 * @returns how many sessions each older slot has above the mean
 */
export function sharesOf(counts: readonly SlotCount[], from: number): SlotCount[] {
  const mean = counts.reduce((sum, { sessions }) => sum + sessions, 0) / Math.max(1, counts.length);
  return counts
    .filter(({ slot }) => slot < from)
    .map(({ slot, sessions }) => ({ slot, sessions: Math.floor(sessions - mean) }))
    .filter(({ sessions }) => sessions > 0);
}
