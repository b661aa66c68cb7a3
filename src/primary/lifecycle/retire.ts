/** Primary, pure: workers of slots that are no longer wanted give their sessions to the slots that stay, and go. */

import type { Change } from "./change.js";
import { handOver, obstacleOf, withhold } from "./handoff.js";
import { heirOf, isReceiving, readyWorker, wantedSlots } from "./queries.js";
import type { FleetState, Slot, Worker } from "./state.js";

/** Does what can be done now; called after every event. */
export function retireSlots(change: Change): void {
  if (change.state.ending !== null) return;
  for (const slot of change.state.slots) {
    const worker = readyWorker(slot);
    if (!slot.wanted && worker?.state.name === "ready") retire(change, worker);
  }
}

function retire(change: Change, worker: Worker): void {
  const { state } = change;
  const receivers = wantedSlots(state).filter((slot) => canReceive(slot));
  const obstacle = obstacleOf(change, [worker]) ?? obstacleAtReceivers(state, receivers);
  if (obstacle !== undefined) withhold(change, worker, obstacle);
  // Sessions that come are waited for, and slots that change their worker: both have deadlines.
  else if (receivers.length > 0 && !isReceiving(state, worker.slot)) {
    const to = receivers.map(({ index }) => index);
    handOver(change, worker, { to, purpose: { kind: "retire", takers: takersIn(receivers) } });
  }
}

/** Its worker stays where it is for the time being. */
export function canReceive(slot: Slot): boolean {
  const worker = readyWorker(slot);
  return worker?.state.name === "ready" && worker.unsupported === null && heirOf(slot) === undefined;
}

export function takersIn(slots: readonly Slot[]): number[] {
  return slots.flatMap((slot) => readyWorker(slot)?.id ?? []);
}

/** Only where nobody can take them, now or soon. */
function obstacleAtReceivers(state: FleetState, receivers: readonly Slot[]): { reason: string } | undefined {
  const changing = wantedSlots(state).some((slot) => {
    return readyWorker(slot)?.state.name === "handing-over" || heirOf(slot) !== undefined;
  });
  return receivers.length > 0 || changing ? undefined : { reason: "refused" };
}
