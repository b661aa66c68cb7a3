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
  return slot.workers.find((worker) => worker.accepts && isServing(worker));
}

/** It serves the sessions that it has, whether it accepts connections or not. */
export function isServing({ state }: Worker): boolean {
  return state.name === "ready" || state.name === "handing-over";
}

/** The slot's worker that is ready and waits to be told to take over. */
export function heirOf(slot: Slot): Worker | undefined {
  return slot.workers.find((worker) => !worker.accepts && worker.state.name === "ready");
}

/** The worker to which this one hands its slot over. */
export function heirIdOf({ state }: Worker): number | undefined {
  if (state.name !== "handing-over" || state.purpose.kind !== "reload") return undefined;
  return state.purpose.heir;
}

/** The workers that take this one's sessions; undefined: it hands nothing over. */
export function takersOf({ state }: Worker): readonly number[] | undefined {
  if (state.name !== "handing-over") return undefined;
  return state.purpose.kind === "reload" ? [state.purpose.heir] : state.purpose.takers;
}

/** Sessions of another slot are on their way to this one. */
export function isReceiving(state: FleetState, slot: number): boolean {
  return allWorkers(state).some((worker) => {
    return worker.slot !== slot && worker.state.name === "handing-over" && worker.state.to.includes(slot);
  });
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
  return slot.workers.some((worker) => {
    const { state } = worker;
    return isServing(worker) || state.name === "starting" || (state.name === "stopping" && state.failed);
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
    // A planned start that must wait for a worker's exit, or for the fleet's number, has no time: that brings it about.
    if (slot.restartAt !== null && canSpawn(slot) && !state.held)
      earliest = Math.min(earliest, slot.restartAt);
    for (const worker of slot.workers) earliest = Math.min(earliest, deadlineOf(worker));
  }
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

/** A worker that waits to take over says each second how it is; silent for so long, it hangs. Milliseconds. */
const HEIR_SILENCE = 5000;

/** @returns when the silence of a worker that waits to take over has lasted too long; infinity for all others */
export function silenceEnds({ accepts, heardAt, state }: Worker): number {
  const waits = !accepts && state.name === "ready" && heardAt !== null;
  return waits ? heardAt + HEIR_SILENCE : Number.POSITIVE_INFINITY;
}

function deadlineOf(worker: Worker): number {
  switch (worker.state.name) {
    case "starting":
      return worker.state.readyBy;
    case "ready":
      return Math.min(worker.state.healthyAt ?? Number.POSITIVE_INFINITY, silenceEnds(worker));
    case "handing-over":
      return Math.min(worker.state.healthyAt ?? Number.POSITIVE_INFINITY, worker.state.by);
    case "draining":
      return Math.min(worker.state.drainBy, worker.state.killAt);
    case "stopping":
      return worker.state.killAt;
  }
}
