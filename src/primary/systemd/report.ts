/** Primary, pure: what systemd is told about the fleet (sd_notify(3)), made from its state. */

import { allWorkers, isServing, isStopping, readyCount, wantedSlots } from "../lifecycle/queries.js";
import type { FleetState, Worker } from "../lifecycle/state.js";

/** As systemd sees a service. `reloading` carries which reload it is. */
export type Phase =
  | { readonly name: "starting" | "ready" | "stopping" }
  | { readonly name: "reloading"; readonly generation: number };

export function phaseOf(state: FleetState): Phase {
  if (isStopping(state)) return { name: "stopping" };
  if (!state.announced) return { name: "starting" };
  return state.reload === null ? { name: "ready" } : { name: "reloading", generation: state.generation };
}

export type StepContext = {
  /** Sent with the first READY=1 where systemd takes another process for the main one. */
  readonly mainPid: number | undefined;
  /** CLOCK_MONOTONIC, in microseconds: by it systemd tells the reload that it asked for from an earlier one. */
  readonly monotonic: bigint;
};

/** @returns the messages that say how it came from one phase to the other, in order; each is a list of assignments */
export function stepMessages(from: Phase, to: Phase, context: StepContext): string[][] {
  if (isSame(from, to)) return [];
  const reloading = ["RELOADING=1", `MONOTONIC_USEC=${context.monotonic}`];
  switch (to.name) {
    case "starting":
      return [];
    case "ready":
      return [from.name === "starting" ? firstReady(context) : ["READY=1"]];
    case "reloading":
      if (from.name === "starting") return [firstReady(context), reloading];
      return from.name === "reloading" ? [["READY=1"], reloading] : [reloading];
    case "stopping":
      return [["STOPPING=1"]];
  }
}

function isSame(from: Phase, to: Phase): boolean {
  if (from.name !== to.name) return false;
  return from.name !== "reloading" || to.name !== "reloading" || from.generation === to.generation;
}

function firstReady({ mainPid }: StepContext): string[] {
  return mainPid === undefined ? ["READY=1"] : ["READY=1", `MAINPID=${mainPid}`];
}

/** The line `Status:` of `systemctl status`. */
export function statusText(state: FleetState, sessions: number): string {
  const wanted = wantedSlots(state).length;
  const ready = `${readyCount(state)} of ${counted(wanted, "worker")} ready`;
  const open = counted(sessions, "session");
  switch (phaseOf(state).name) {
    case "starting":
      return `starting: ${ready}`;
    case "ready":
      return `${ready}, ${open}`;
    case "reloading": {
      const left = counted(state.reload?.remaining.length ?? 0, "slot");
      return `reloading to generation ${state.generation}, ${left} left; ${ready}, ${open}`;
    }
    case "stopping":
      return `stopping: ${counted(allWorkers(state).length, "worker")} left, ${open}`;
  }
}

/** @returns when the fleet has got on, or has given up, at the latest: systemd must not lose its patience before. Null: nothing is due. */
export function busyUntil(state: FleetState): number | null {
  if (phaseOf(state).name === "ready") return null;
  const planned = state.slots.map(({ restartAt }) =>
    restartAt === null ? 0 : restartAt + state.settings.bootTimeout,
  );
  // Behind the delay the workers drain.
  const leaves = state.leaving === null ? 0 : state.leaving.drainAt + state.settings.drainTimeout;
  const latest = Math.max(0, leaves, ...planned, ...allWorkers(state).map(deadlineOf));
  return latest === 0 ? null : latest;
}

function deadlineOf({ state }: Worker): number {
  switch (state.name) {
    case "starting":
      return state.readyBy;
    case "ready":
      return 0;
    case "handing-over":
      return state.by;
    case "draining":
    case "stopping":
      return state.killAt;
  }
}

/**
 * Whether the fleet may say that it is alive: a worker is ready and has been heard of lately. While none is ready, it is in
 * the hands of the primary, which tries again or gives up by itself, both within bounds.
 */
export function isHealthy(state: FleetState, isHeard: (worker: number) => boolean): boolean {
  if (state.ending !== null) return true;
  const workers = allWorkers(state);
  const ready = workers.filter((worker) => worker.accepts && isServing(worker));
  if (ready.length > 0) return ready.some(({ id }) => isHeard(id));
  return workers.length > 0 || state.slots.some(({ restartAt }) => restartAt !== null);
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
