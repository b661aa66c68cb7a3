/** Primary, pure: what happens when a state has lasted for as long as it may. */

import type { Change } from "./change.js";
import { killWorker, terminateLate } from "./end-worker.js";
import { drainIfDue, noteForce } from "./ending.js";
import { bootTimedOut } from "./exits.js";
import { endHandoff, heirHangs } from "./handoff.js";
import { allWorkers, silenceEnds } from "./queries.js";
import type { Worker } from "./state.js";

/** Looks at every worker once, and at the fleet. */
export function checkDeadlines(change: Change): void {
  for (const worker of allWorkers(change.state)) checkWorker(change, worker);
  drainIfDue(change);
}

function checkWorker(change: Change, worker: Worker): void {
  becomeHealthyIfDue(change, worker);
  const { state } = worker;
  switch (state.name) {
    case "starting":
      if (change.now >= state.readyBy) bootTimedOut(change, worker);
      return;
    case "ready":
      if (change.now >= silenceEnds(worker)) heirHangs(change, worker, "said nothing while it took over");
      return;
    case "handing-over":
      if (change.now >= state.by) endHandoff(change, change.worker(worker.id) ?? worker);
      return;
    case "draining":
      if (change.now >= state.killAt) kill(change, worker, false);
      else if (change.now >= state.drainBy) terminateLate(change, worker);
      return;
    case "stopping":
      if (change.now >= state.killAt) kill(change, worker, state.failed);
      return;
  }
}

function becomeHealthyIfDue(change: Change, worker: Worker): void {
  const { state } = worker;
  if (state.name !== "ready" && state.name !== "handing-over") return;
  if (state.healthyAt === null || change.now < state.healthyAt) return;
  change.become(worker, { ...state, healthyAt: null });
  change.setSlot(worker.slot, { failures: 0 });
  change.set({ failures: 0 });
}

function kill(change: Change, worker: Worker, failed: boolean): void {
  change.logOf(worker, "warn", "killed", "did not exit in time: killed");
  killWorker(change, worker, failed);
  noteForce(change);
}
