/** Primary, pure: the life cycle of the fleet. Every change of its state is made here, and nothing is done here. */

import { Change } from "./change.js";
import { checkDeadlines } from "./deadlines.js";
import { awaitExit } from "./end-worker.js";
import { finishIfEmpty, stop } from "./ending.js";
import type { Effect, FleetEvent } from "./events.js";
import { cannotJoin, cannotListen, exited, failed, isDismissed } from "./exits.js";
import { handedOver, handoffProgress, handoffStuck, heard, lastTally, settleSlots } from "./handoff.js";
import { readyCount, wantedSlots } from "./queries.js";
import { sessionsCounted } from "./rebalance.js";
import { advanceReload, beginReload } from "./reload.js";
import { retireSlots } from "./retire.js";
import { finishScaling, scale, scaleBy } from "./scale.js";
import { startDueWorkers } from "./start-worker.js";
import type { FleetState } from "./state.js";
import { counted, tallyFields, tallyWords } from "./tally.js";

export type Outcome = { readonly state: FleetState; readonly effects: readonly Effect[] };

/** @param now milliseconds of a monotonic clock; never less than at the last call */
export function apply(state: FleetState, event: FleetEvent, now: number): Outcome {
  const change = new Change(state, now);
  dispatch(change, event);
  settleSlots(change);
  advanceReload(change);
  retireSlots(change);
  startDueWorkers(change);
  announceOnce(change);
  finishScaling(change);
  reportSettled(change, state);
  finishIfEmpty(change);
  return { state: change.state, effects: change.effects };
}

type Handlers = {
  readonly [T in FleetEvent["type"]]: (change: Change, event: Extract<FleetEvent, { type: T }>) => void;
};

const HANDLERS: Handlers = {
  start: (change) => change.set({ held: false }),
  tick: checkDeadlines,
  spawned,
  ready: becameReady,
  heard,
  "handoff-progress": handoffProgress,
  "handed-over": handedOver,
  "handoff-stuck": handoffStuck,
  failed,
  "cannot-listen": cannotListen,
  "cannot-join": cannotJoin,
  drained,
  exited,
  stop,
  reload: beginReload,
  scale,
  "scale-by": scaleBy,
  "sessions-counted": sessionsCounted,
  settings: (change, { settings }) => change.set({ settings }),
};

function dispatch<Event extends FleetEvent>(change: Change, event: Event): void {
  const handle = HANDLERS[event.type] as (change: Change, event: Event) => void;
  handle(change, event);
}

function spawned(change: Change, event: Extract<FleetEvent, { type: "spawned" }>): void {
  const worker = change.worker(event.worker);
  if (worker !== undefined) change.setWorker(worker, { pid: event.pid });
}

function becameReady(change: Change, event: Extract<FleetEvent, { type: "ready" }>): void {
  const worker = change.worker(event.worker);
  if (worker?.state.name !== "starting") return;
  change.become(worker, { name: "ready", healthyAt: change.now + change.state.settings.minUptime });
  change.setWorker(worker, {
    unsupported: event.unsupported ?? null,
    heardAt: worker.accepts ? null : change.now,
  });
  change.setSlot(worker.slot, { tried: true });
  change.set({ everReady: true });
  const ms = Math.round(change.now - worker.startedAt);
  change.logOf(worker, "info", "worker-ready", `ready in ${ms} ms`, { ms });
}

function drained(change: Change, event: Extract<FleetEvent, { type: "drained" }>): void {
  const worker = change.worker(event.worker);
  if (worker === undefined || !isDismissed(worker)) return;
  const handoff = lastTally(worker, event);
  change.setWorker(worker, { handoff });
  const text = handoff ? tallyWords(handoff.tally) : `${counted(event.closed, "session")} told to reconnect`;
  const fields = handoff ? tallyFields(handoff.tally) : { closed: event.closed };
  change.logOf(worker, "info", "worker-drained", `drained: ${text}`, fields);
  awaitExit(change, worker);
}

/** The ready line: once, when every slot was ready or has failed to be, and somebody is. */
function announceOnce(change: Change): void {
  const { announced, ending, slots, startedAt } = change.state;
  const ready = readyCount(change.state);
  if (announced || ending !== null || ready === 0) return;
  if (slots.some((slot) => slot.wanted && !slot.tried)) return;
  change.set({ announced: true });
  const ms = Math.round(change.now - startedAt);
  change.do({ do: "announce", ready, wanted: wantedSlots(change.state).length, ms });
}

/** Says it on the way into the settled state only. */
function reportSettled(change: Change, before: FleetState): void {
  if (isSettled(change.state) && !isSettled(before)) change.do({ do: "settled" });
}

function isSettled(state: FleetState): boolean {
  return state.ending === null && state.reload === null && readyCount(state) === wantedSlots(state).length;
}
