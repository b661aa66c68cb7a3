/** Primary, pure: a worker hands its sessions over: how that begins, how it ends, and who accepts connections meanwhile. */

import type { Change } from "./change.js";
import { drainWorker, killWorker } from "./end-worker.js";
import type { FleetEvent } from "./events.js";
import { addToScaling } from "./progress.js";
import { allWorkers, heirIdOf, heirOf, readyWorker, takersOf } from "./queries.js";
import type { Handoff, HandoffPurpose, Worker } from "./state.js";
import { addTallies, NOTHING, tallyOf } from "./tally.js";

type Event<T extends FleetEvent["type"]> = Extract<FleetEvent, { type: T }>;

/** Time in which the worker's own last word may arrive, of the handoff time-out: at most this, at most a fifth. Milliseconds. */
const LAST_WORD = 1000;

const BEGUN: Handoff = { tally: NOTHING, left: 0, reported: false, withheld: null };

/** Why sessions stay where they are. `reason`: by it they are counted; `sentence`: undefined where nobody need be told. */
export type Obstacle = { readonly reason: string; readonly sentence?: string };

/** @param workers who gives, and who takes */
export function obstacleOf(change: Change, workers: readonly Worker[]): Obstacle | undefined {
  if (change.state.settings.handoffTimeout === 0) return { reason: "off" };
  const sentence = workers.find(({ unsupported }) => unsupported !== null)?.unsupported;
  return typeof sentence === "string" ? { reason: "version", sentence } : undefined;
}

/** `to`: slots whose workers take the sessions. `share`: only so many of them, and the worker stays. */
type Terms = {
  readonly to: readonly number[];
  readonly purpose: HandoffPurpose;
  readonly share?: number;
};

export function handOver(change: Change, worker: Worker, { to, purpose, share }: Terms): void {
  if (worker.state.name !== "ready") return;
  const { handoffTimeout } = change.state.settings;
  const { healthyAt } = worker.state;
  const by = change.now + handoffTimeout;
  const state = { name: "handing-over", by, to, purpose, healthyAt } as const;
  change.setWorker(worker, { state, handoff: BEGUN });
  const within = handoffTimeout - Math.min(LAST_WORD, handoffTimeout / 5);
  change.do({
    do: "hand-over",
    worker: worker.id,
    to,
    within,
    ...(share !== undefined && { share }),
  });
}

/** Its sessions are told to reconnect, all for one reason. */
export function withhold(change: Change, worker: Worker, { reason }: Obstacle): void {
  change.setWorker(worker, { handoff: { ...BEGUN, withheld: reason } });
  drainWorker(change, worker);
}

export function handoffProgress(
  change: Change,
  { worker: id, moved, left }: Event<"handoff-progress">,
): void {
  const worker = change.worker(id);
  if (worker?.handoff === null || worker?.state.name !== "handing-over") return;
  const tally = { ...NOTHING, moved };
  change.setWorker(worker, { handoff: { ...BEGUN, tally, left } });
}

/** Its numbers count even where its time was over already. */
export function handedOver(change: Change, { worker: id, report }: Event<"handed-over">): void {
  const worker = change.worker(id);
  if (worker === undefined || worker.handoff === null || worker.handoff.reported) return;
  const handoff = { ...BEGUN, tally: tallyOf(report), reported: true };
  if (worker.handoff.withheld === null) change.setWorker(worker, { handoff });
  endHandoff(change, worker);
}

/** Everything that can move has moved, or had its time. */
export function endHandoff(change: Change, worker: Worker): void {
  if (worker.state.name !== "handing-over") return;
  const { purpose } = worker.state;
  if (purpose.kind === "reload") giveWay(change, worker, purpose.heir);
  else if (purpose.kind === "retire") drainWorker(change, worker);
  else serveOn(change, worker);
}

/** What has moved for good counts. */
function serveOn(change: Change, worker: Worker): void {
  if (worker.state.name !== "handing-over") return;
  const handoff = change.worker(worker.id)?.handoff;
  if (handoff) addToScaling(change, handoff.tally);
  const { healthyAt } = worker.state;
  change.setWorker(worker, { state: { name: "ready", healthyAt }, handoff: null });
}

function giveWay(change: Change, worker: Worker, heirId: number): void {
  const heir = change.worker(heirId);
  // An heir that was killed and is not gone yet takes nothing over.
  if (heir?.state.name !== "ready") {
    keep(change, worker);
    return;
  }
  takeOver(change, heir);
  drainWorker(change, worker);
}

/** Drained: its own last numbers. @returns what became of its sessions; null where nothing was to become of them but the end */
export function lastTally(worker: Worker, { closed, report }: Event<"drained">): Handoff | null {
  const { handoff } = worker;
  if (handoff === null) return null;
  if (handoff.withheld !== null) {
    return { ...handoff, tally: { ...NOTHING, closed, stayed: { [handoff.withheld]: closed } } };
  }
  // What it told on the way is in its report, if it never said `handed-over`.
  const before = handoff.reported || report === undefined ? handoff.tally : NOTHING;
  const after = report === undefined ? NOTHING : tallyOf(report);
  const stayed = report?.stayed ?? before.stayed;
  return { ...handoff, left: 0, tally: { ...addTallies(before, after), stayed, closed } };
}

/** Whoever is to take over hangs: it is killed, and its exit makes the old worker keep what it had. */
export function heirHangs(change: Change, heir: Worker, how: string): void {
  change.logOf(heir, "error", "handoff-stuck", `${how}: killed`);
  change.setWorker(heir, { failure: { kind: "boot", message: `It ${how}.` } });
  killWorker(change, heir, true);
}

/** Only an heir is killed for that: other slots have sessions of their own. */
export function handoffStuck(change: Change, { worker: id, slot }: Event<"handoff-stuck">): void {
  const worker = change.worker(id);
  if (worker?.state.name !== "handing-over" || worker.slot !== slot) return;
  const heir = change.worker(heirIdOf(worker) ?? -1);
  if (heir?.state.name === "ready") heirHangs(change, heir, "did not answer while it took sessions over");
}

export function heard(change: Change, { worker: id }: Event<"heard">): void {
  const worker = change.worker(id);
  if (worker?.state.name === "ready" && !worker.accepts) change.setWorker(worker, { heardAt: change.now });
}

export function takeOver(change: Change, worker: Worker): void {
  change.setWorker(worker, { accepts: true, heardAt: null });
  change.do({ do: "take-over", worker: worker.id });
}

/** Serves on, with the sessions that it had. */
function keep(change: Change, worker: Worker): void {
  if (worker.state.name !== "handing-over") return;
  change.setWorker(worker, {
    state: { name: "ready", healthyAt: worker.state.healthyAt },
    handoff: null,
  });
  change.do({ do: "keep", worker: worker.id });
  change.logOf(worker, "warn", "handoff-undone", "keeps its sessions: whoever was to take them is gone");
}

/**
 * Called when anybody may have gone. Whoever handed over to workers that are all gone has what they had, and serves on; one whose slot
 * is to go finds other takers then. And where nobody accepts any more, the one that waits to take over does.
 */
export function settleSlots(change: Change): void {
  for (const worker of allWorkers(change.state)) {
    const takers = takersOf(worker);
    if (takers?.every((id) => change.worker(id) === undefined)) keep(change, worker);
  }
  for (const slot of change.state.slots) {
    const heir = heirOf(slot);
    if (heir !== undefined && readyWorker(slot) === undefined) takeOver(change, heir);
  }
}

/** How an heir's end is told: it was ready, and had not taken over yet. */
export function isHeir(worker: Worker): boolean {
  return !worker.accepts && worker.heardAt !== null;
}
