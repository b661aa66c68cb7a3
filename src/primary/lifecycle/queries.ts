/** Primary, pure: questions about the fleet's state. */

import type { FleetState, Slot, Worker } from "./state.js";

export function allWorkers(state: FleetState): Worker[] {
  return state.slots.flatMap((slot) => slot.workers);
}

export function findWorker(state: FleetState, id: number): Worker | undefined {
  for (const slot of state.slots) {
    const worker = slot.workers.find((candidate) => candidate.id === id);
    if (worker !== undefined) return worker;
  }
  return undefined;
}

export function findSlot(state: FleetState, index: number): Slot | undefined {
  return state.slots.find((slot) => slot.index === index);
}

export function wantedSlots(state: FleetState): Slot[] {
  return state.slots.filter((slot) => slot.wanted);
}

/** The slot's worker that takes connections. */
export function readyWorker(slot: Slot): Worker | undefined {
  return slot.workers.find((worker) => worker.state.name === "ready");
}

/** Told to stop: nothing new is begun, whether it still serves or not. */
export function isStopping({ leaving, ending }: FleetState): boolean {
  return leaving !== null || ending !== null;
}

export function readyCount(state: FleetState): number {
  return state.slots.filter((slot) => readyWorker(slot) !== undefined).length;
}

/** Someone serves the slot, is about to, or has failed and is not gone yet. Who only drains does not count. */
export function isOccupied(slot: Slot): boolean {
  return slot.workers.some(({ state }) => {
    return state.name === "starting" || state.name === "ready" || (state.name === "stopping" && state.failed);
  });
}

/** A slot never has more than two workers, and never two that start. */
export function canSpawn(slot: Slot): boolean {
  return slot.wanted && slot.workers.length < 2 && !isOccupied(slot);
}

/** The earliest moment at which something is due, or null. */
export function nextDeadline(state: FleetState): number | null {
  let earliest = state.leaving?.drainAt ?? Number.POSITIVE_INFINITY;
  for (const slot of state.slots) {
    // A planned start that must wait for a worker's exit has no time: the exit brings it about.
    if (slot.restartAt !== null && canSpawn(slot)) earliest = Math.min(earliest, slot.restartAt);
    for (const worker of slot.workers) earliest = Math.min(earliest, deadlineOf(worker));
  }
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

function deadlineOf(worker: Worker): number {
  switch (worker.state.name) {
    case "starting":
      return worker.state.readyBy;
    case "ready":
      return worker.state.healthyAt ?? Number.POSITIVE_INFINITY;
    case "draining":
      return Math.min(worker.state.drainBy, worker.state.killAt);
    case "stopping":
      return worker.state.killAt;
  }
}
