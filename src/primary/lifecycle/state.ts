/** Primary, pure: what the primary knows about its fleet. One value, changed by `apply` alone. */

import type { FleetSettings } from "../../config/settings.js";
import type { FailureKind } from "../../protocol/messages.js";
import type { ChangeProgress } from "../../protocol/status.js";
import { NOTHING, type Tally } from "./tally.js";

export type LifecycleSettings = Pick<
  FleetSettings,
  | "workers"
  | "listen"
  | "bootTimeout"
  | "drainTimeout"
  | "handoffTimeout"
  | "parallel"
  | "shutdownDelay"
  | "restartDelay"
  | "restartDelayMax"
  | "maxFailures"
  | "minUptime"
>;

/**
 * Times are milliseconds of one monotonic clock. A state that must not last carries its deadline.
 * The sixth state, exited, is a worker that is no longer in its slot.
 */
export type WorkerState =
  | { readonly name: "starting"; readonly readyBy: number }
  /** `healthyAt`: when its slot's failures are forgotten; null once they are. */
  | { readonly name: "ready"; readonly healthyAt: number | null }
  /** Serves, and moves its sessions to the workers of the slots `to`; at `by` it has had its time. `healthyAt`: as before. */
  | {
      readonly name: "handing-over";
      readonly by: number;
      readonly to: readonly number[];
      readonly purpose: HandoffPurpose;
      readonly healthyAt: number | null;
    }
  /** Told to drain; at `drainBy` it gets TERM whatever is left, at `killAt` SIGKILL. */
  | { readonly name: "draining"; readonly drainBy: number; readonly killAt: number }
  /** Told to exit. `failed`: its exit counts as a failed start. */
  | { readonly name: "stopping"; readonly killAt: number; readonly failed: boolean };

/** `reload`: `heir` takes its place. `retire`: its slot goes. `rebalance`: it stays, with fewer sessions. `takers`: workers. */
export type HandoffPurpose =
  | { readonly kind: "reload"; readonly heir: number }
  | { readonly kind: "retire" | "rebalance"; readonly takers: readonly number[] };

/** What became of a worker's sessions so far. */
export type Handoff = {
  readonly tally: Tally;
  /** Those that are still to move. */
  readonly left: number;
  /** The worker said `handed-over`; else the tally is what it told on the way. */
  readonly reported: boolean;
  /** Why none could move; null: they could. */
  readonly withheld: string | null;
};

export type WorkerFailure = { readonly kind: FailureKind; readonly message: string; readonly code?: string };

export type Worker = {
  /** Unlike any other worker of this primary. */
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | null;
  readonly startedAt: number;
  readonly state: WorkerState;
  /** What the worker said about its own failure. */
  readonly failure: WorkerFailure | null;
  /** False: it was started beside a worker that serves, and has not been told to take over. */
  readonly accepts: boolean;
  /** The worker's own sentence about why sessions can neither come to it nor leave it. */
  readonly unsupported: string | null;
  /** When it last said anything; kept only while it is ready and does not accept. */
  readonly heardAt: number | null;
  readonly handoff: Handoff | null;
};

export type Slot = {
  readonly index: number;
  /** False: the fleet was scaled down, the slot goes when its last worker does. */
  readonly wanted: boolean;
  readonly workers: readonly Worker[];
  /** When the next worker is due; null: none is planned. */
  readonly restartAt: number | null;
  /** Failed starts in a row. */
  readonly failures: number;
  readonly restarts: number;
  readonly lastExit: string | null;
  /** Of the worker that was started last. */
  readonly lastGeneration: number;
  /** A worker of this slot was ready once, or failed to be. */
  readonly tried: boolean;
};

/** What a reload or a scaling has done so far. */
export type Progress = {
  readonly since: number;
  /** How many slots it is about. */
  readonly slots: number;
  /** Of the workers that are gone. */
  readonly tally: Tally;
};

export function newProgress(slots: number, now: number): Progress {
  return { since: now, slots, tally: NOTHING };
}

/** One slot after the other gets a worker of the fleet's present generation. */
export type Reload = Progress & {
  /** The slots that still have to be done; the first `parallel` are being done. */
  readonly remaining: readonly number[];
  readonly parallel: number;
  /** Why sessions could not move, where they could not: said once. */
  readonly withheld: string | null;
  /** Somebody waits for the outcome. */
  readonly request: number | null;
};

/** Another number of workers was asked for; it lasts until they are there. */
export type Scaling = Progress & {
  /** Somebody waits for the outcome. */
  readonly request: number | null;
  readonly from: number;
  readonly to: number;
  /** `due`: once all are ready. */
  readonly rebalance: "none" | "due" | "counting" | "moving";
};

/** Told to stop, and still serving, so that balancers can take it out before it refuses anybody. At `drainAt` it ends. */
export type Leaving = { readonly since: number; readonly drainAt: number };

export type EndReason = "stop" | "gave-up" | "load" | "listen" | "site";

/** The fleet is on its way out; nothing is started any more. */
export type Ending = {
  readonly reason: EndReason;
  /** When it was told, or could not go on. */
  readonly since: number;
  readonly exitCode: number;
};

/** What is said at the end about the last worker that failed. */
export type LastFailure = {
  readonly worker: number;
  readonly slot: number;
  /** How it ended, such as `exited with code 1 before it was ready`. */
  readonly how: string;
  readonly failure: WorkerFailure | null;
};

export type FleetState = {
  readonly settings: LifecycleSettings;
  readonly startedAt: number;
  /** Until the event `start`, no worker is started: the fleet does not know yet which host it is. */
  readonly held: boolean;
  readonly slots: readonly Slot[];
  readonly nextWorker: number;
  readonly generation: number;
  /** Failed starts in a row while no worker was ready. */
  readonly failures: number;
  readonly lastFailure: LastFailure | null;
  readonly everReady: boolean;
  /** The ready line was printed. */
  readonly announced: boolean;
  readonly reload: Reload | null;
  readonly scaling: Scaling | null;
  /** The last reload or scaling that ended. */
  readonly lastChange: ChangeProgress | null;
  readonly leaving: Leaving | null;
  readonly ending: Ending | null;
};

export function newSlot(index: number, restartAt: number): Slot {
  return {
    index,
    wanted: true,
    workers: [],
    restartAt,
    failures: 0,
    restarts: 0,
    lastExit: null,
    lastGeneration: 0,
    tried: false,
  };
}

/** A fleet in which every slot is due to get its first worker at `now`, or, held, at the event `start`. */
export function initialState(settings: LifecycleSettings, now: number, held = false): FleetState {
  return {
    settings,
    startedAt: now,
    held,
    slots: Array.from({ length: settings.workers }, (_, index) => newSlot(index, now)),
    nextWorker: 1,
    generation: 1,
    failures: 0,
    lastFailure: null,
    everReady: false,
    announced: false,
    reload: null,
    scaling: null,
    lastChange: null,
    leaving: null,
    ending: null,
  };
}
