/** Primary, pure: the end of the fleet, by order or because it cannot go on. */

import type { Change } from "./change.js";
import { dismissWorker, killWorker, terminateStarting } from "./end-worker.js";
import type { FleetEvent } from "./events.js";
import { allWorkers, readyCount, wantedSlots } from "./queries.js";
import type { EndReason } from "./state.js";
import { STOPPING } from "./words.js";

/** A fleet that gives up has no client to say goodbye to. Milliseconds. */
const GIVE_UP_LIMIT = 2000;
/** One Ctrl-C may come twice: from the terminal, and again from an `npm` that forwards it. Milliseconds. */
export const ECHO_WINDOW = 200;

export const EXIT_STOPPED = 0;
export const EXIT_FORCED = 1;
export const EXIT_GAVE_UP = 3;
export const EXIT_LOAD = 4;

/** The first time all workers drain; a signal that comes a second time kills them. */
export function stop(change: Change, event: Extract<FleetEvent, { type: "stop" }>): void {
  const { ending } = change.state;
  if (ending === null) {
    const ready = readyCount(change.state);
    const text = `stopping: ${event.by}; ${ready} ${ready === 1 ? "worker drains" : "workers drain"}`;
    change.log("info", "stopping", text, { by: event.by });
    end(change, "stop", EXIT_STOPPED);
  } else if (event.signal && change.now - ending.since > ECHO_WINDOW) {
    killAll(change, event.by);
  }
}

function killAll(change: Change, by: string): void {
  const workers = allWorkers(change.state);
  change.log("warn", "killing", `killing ${workers.length} workers: ${by} came a second time`, { by });
  for (const worker of workers) killWorker(change, worker, false);
  noteForce(change);
}

/** Somebody had to be killed: an ordered stop did not go as it should. */
export function noteForce(change: Change): void {
  const { ending } = change.state;
  if (ending?.exitCode === EXIT_STOPPED) change.set({ ending: { ...ending, exitCode: EXIT_FORCED } });
}

/** Gives up when nobody serves, nobody is still to be tried, and enough starts in a row failed. */
export function giveUpIfHopeless(change: Change): void {
  const { state } = change;
  if (state.ending !== null || state.failures < state.settings.maxFailures) return;
  if (readyCount(state) > 0 || wantedSlots(state).some((slot) => slot.failures === 0)) return;
  end(change, "gave-up", EXIT_GAVE_UP);
}

/** @param reason anything but `stop` hurries: no worker was ready */
export function end(change: Change, reason: EndReason, exitCode: number): void {
  change.answer(change.state.reload?.request, STOPPING);
  change.set({
    reload: null,
    ending: { reason, since: change.now, exitCode },
    slots: change.state.slots.map((slot) => ({ ...slot, restartAt: null })),
  });
  const hurry = reason === "stop" ? Number.POSITIVE_INFINITY : GIVE_UP_LIMIT;
  const limit = Math.min(change.state.settings.drainTimeout, hurry);
  for (const worker of allWorkers(change.state)) {
    if (worker.state.name === "starting") terminateStarting(change, worker, limit);
    else dismissWorker(change, worker);
  }
  change.do({ do: "close-listeners" });
}

/** The last worker is gone. */
export function finishIfEmpty(change: Change): void {
  const { ending, failures, lastFailure } = change.state;
  if (ending === null || allWorkers(change.state).length > 0) return;
  change.do({
    do: "finish",
    exitCode: ending.exitCode,
    reason: ending.reason,
    failures,
    last: lastFailure,
  });
}
