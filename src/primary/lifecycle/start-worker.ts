/** Primary, pure: starting workers where they are due. */

import type { Change } from "./change.js";
import { canSpawn, readyWorker, wantedSlots } from "./queries.js";
import type { Slot, Worker } from "./state.js";

/** Starts a worker in every slot that has been without one for long enough. */
export function startDueWorkers(change: Change): void {
  if (change.state.ending !== null || change.state.held) return;
  for (const slot of change.state.slots) {
    if (slot.restartAt !== null && slot.restartAt <= change.now && canSpawn(slot)) startWorker(change, slot);
  }
}

/** Puts a new worker of the present generation into the slot, beside whoever is there. */
export function startWorker(change: Change, slot: Slot): void {
  const { nextWorker, generation, settings } = change.state;
  const takesOver = readyWorker(slot) !== undefined;
  const worker: Worker = {
    id: nextWorker,
    slot: slot.index,
    generation,
    pid: null,
    startedAt: change.now,
    state: { name: "starting", readyBy: change.now + settings.bootTimeout },
    failure: null,
    accepts: !takesOver,
    unsupported: null,
    heardAt: null,
    handoff: null,
  };
  change.set({ nextWorker: nextWorker + 1 });
  change.setSlot(slot.index, {
    workers: [...slot.workers, worker],
    restartAt: null,
    lastGeneration: generation,
  });
  const workers = wantedSlots(change.state).length;
  change.do({ do: "spawn", worker: worker.id, slot: slot.index, generation, workers, takesOver });
}
