/** Primary, pure: whether the fleet serves, has started, and can still recover by itself; and the sentences for it. */

import { allWorkers, isServing, isStopping, readyWorker, wantedSlots } from "../lifecycle/queries.js";
import type { FleetState } from "../lifecycle/state.js";

/** `why`: one line, also where all is well. */
export type Verdict = { readonly ok: boolean; readonly why: string };

export type Health = { readonly live: Verdict; readonly ready: Verdict; readonly started: Verdict };

/** A worker says each second how it is. One that has been silent for so long takes no request either. Milliseconds. */
export const SILENT_FOR_READY = 5000;
/** Silent for so long: its event loop will not come back, and nobody but a restart of the whole helps. Milliseconds. */
export const SILENT_FOR_LIVE = 30_000;

/** @param silenceOf milliseconds since the worker of that id last said anything */
export function healthOf(state: FleetState, silenceOf: (worker: number) => number): Health {
  return { live: live(state, silenceOf), ready: ready(state, silenceOf), started: started(state) };
}

/**
 * A fleet that stops ends by itself, one whose workers crash starts them again or gives up. Only workers that hang are neither
 * replaced nor missed.
 */
function live(state: FleetState, silenceOf: (worker: number) => number): Verdict {
  const workers = allWorkers(state);
  const serving = workers.filter(isServing);
  const hung = serving.filter(({ id }) => silenceOf(id) >= SILENT_FOR_LIVE);
  const hopeless = hung.length > 0 && hung.length === workers.length && !isStopping(state);
  if (!hopeless) return { ok: true, why: "the primary answers" };
  return { ok: false, why: `${all(hung.length)} said nothing for ${SILENT_FOR_LIVE / 1000} s` };
}

function ready(state: FleetState, silenceOf: (worker: number) => number): Verdict {
  if (isStopping(state)) return { ok: false, why: "stopping" };
  if (!state.announced) return { ok: false, why: "starting" };
  const serving = state.slots.flatMap((slot) => readyWorker(slot) ?? []);
  if (serving.length === 0) return { ok: false, why: "no worker is ready" };
  const heard = serving.filter(({ id }) => silenceOf(id) < SILENT_FOR_READY).length;
  const why =
    heard > 0
      ? `${heard} of ${wantedSlots(state).length} workers ready`
      : `${all(serving.length)} said nothing for ${SILENT_FOR_READY / 1000} s`;
  return { ok: heard > 0, why };
}

/** Stays true: a fleet that stops has started. */
function started({ announced }: FleetState): Verdict {
  return announced ? { ok: true, why: "started" } : { ok: false, why: "starting" };
}

function all(count: number): string {
  return count === 1 ? "the only ready worker has" : `all ${count} ready workers have`;
}
