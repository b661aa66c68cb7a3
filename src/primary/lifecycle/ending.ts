/** Primary, pure: the end of the fleet, by order or because it cannot go on. */

import type { Change } from "./change.js";
import { dismissHeir, dismissWorker, killWorker, terminateStarting } from "./end-worker.js";
import type { FleetEvent } from "./events.js";
import { endReload } from "./progress.js";
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

/** The first time all workers drain, after the shutdown delay; a signal that comes a second time kills them. */
export function stop(change: Change, event: Extract<FleetEvent, { type: "stop" }>): void {
  const { leaving, ending } = change.state;
  const told = ending ?? leaving;
  if (told === null) begin(change, event.by);
  else if (event.signal && change.now - told.since > ECHO_WINDOW) killAll(change, event.by);
}

/** Who serves nobody, or was never announced, is in no balancer's list: it need not wait to be taken out. */
function begin(change: Change, by: string): void {
  const { announced, settings } = change.state;
  const ready = readyCount(change.state);
  const delay = announced && ready > 0 ? settings.shutdownDelay : 0;
  const drain = `${ready} ${ready === 1 ? "worker drains" : "workers drain"}`;
  const text = delay === 0 ? drain : `serves on for ${delay} ms, then ${drain}`;
  change.log("info", "stopping", `stopping: ${by}; ${text}`, { by, delay });
  if (delay === 0) end(change, "stop", EXIT_STOPPED);
  else leave(change, delay);
}

function leave(change: Change, delay: number): void {
  cancelReload(change);
  change.set({ leaving: { since: change.now, drainAt: change.now + delay } });
}

/** Who was to replace a worker that now serves on to the end is not needed any more. */
function cancelReload(change: Change): void {
  endReload(change, STOPPING);
  for (const slot of change.state.slots) dismissHeir(change, slot);
}

/** The shutdown delay is over. */
export function drainIfDue(change: Change): void {
  const { leaving } = change.state;
  if (leaving === null || change.now < leaving.drainAt) return;
  const ready = readyCount(change.state);
  change.log("info", "draining", `draining: ${ready} ${ready === 1 ? "worker" : "workers"}`, { ready });
  end(change, "stop", EXIT_STOPPED);
}

function killAll(change: Change, by: string): void {
  if (change.state.ending === null) end(change, "stop", EXIT_STOPPED);
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
  // Told to stop already: it does so, only earlier.
  if (state.leaving !== null) end(change, "stop", EXIT_STOPPED);
  else end(change, "gave-up", EXIT_GAVE_UP);
}

/** @param reason anything but `stop` hurries: no worker was ready */
export function end(change: Change, reason: EndReason, exitCode: number): void {
  endReload(change, STOPPING);
  const since = change.state.leaving?.since ?? change.now;
  change.set({
    leaving: null,
    ending: { reason, since, exitCode },
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
