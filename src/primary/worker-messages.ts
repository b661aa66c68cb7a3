/** Primary: what is done about each message of a worker. */

import type { FleetSettings } from "../config/settings.js";
import type { ListenReply, ListenTarget, ToPrimary } from "../protocol/messages.js";
import type { FleetEvent } from "./lifecycle/events.js";
import { findSlot, findWorker, wantedSlots } from "./lifecycle/queries.js";
import type { FleetState } from "./lifecycle/state.js";
import type { Listeners, ListenFailure } from "./listeners.js";
import type { Log } from "./log.js";
import type { Passages } from "./passages.js";
import type { SlotListeners } from "./slot-listeners.js";
import { cannotListen } from "./slot-words.js";
import type { WorkerProcess } from "./worker-process.js";

/** The part of the fleet that a worker's messages reach. */
type Fleet = {
  readonly state: FleetState;
  readonly settings: Pick<FleetSettings, "adapter">;
  readonly passages: Passages;
  readonly slotListeners: SlotListeners;
  readonly options: { readonly log: Log; readonly listeners: Listeners };
  post(event: FleetEvent): void;
  receiverFor(slot: number): WorkerProcess | undefined;
};

type Message<T extends ToPrimary["type"]> = Extract<ToPrimary, { type: T }>;
type Handlers = {
  readonly [T in ToPrimary["type"]]: (
    fleet: Fleet,
    worker: WorkerProcess,
    message: Message<T>,
    handle: unknown,
  ) => void;
};

const HANDLERS: Handlers = {
  listen: (fleet, worker, message) => void listen(fleet, worker, message),
  release,
  "ask-adapter": ({ settings }, worker) => {
    if (settings.adapter !== undefined) worker.send({ type: "adapter", ...settings.adapter });
  },
  listening: (_fleet, worker, { address }) => void worker.listening.push(address),
  ready: (fleet, worker, message) => fleet.post({ ...message, worker: worker.id }),
  failed: (fleet, worker, message) => fleet.post({ ...message, worker: worker.id }),
  warning: (fleet, _worker, { message }) => fleet.options.log.warnOnce("app-warning", message),
  pass: (fleet, worker, message, handle) =>
    fleet.passages.pass(worker, fleet.receiverFor(message.to), message, handle),
  "pass-answer": (fleet, worker, { token, accepted }) => fleet.passages.answer(worker, token, accepted),
  snapshot: (_fleet, worker, { snapshot }) => {
    worker.snapshot = snapshot;
  },
  "handoff-progress": (fleet, worker, message) => fleet.post({ ...message, worker: worker.id }),
  "handed-over": (fleet, worker, message) => fleet.post({ ...message, worker: worker.id }),
  "handoff-stuck": (fleet, worker, message) => fleet.post({ ...message, worker: worker.id }),
  drained,
};

export function handleWorkerMessage<M extends ToPrimary>(
  fleet: Fleet,
  worker: WorkerProcess,
  message: M,
  handle: unknown,
): void {
  const handler = HANDLERS[message.type] as
    | ((fleet: Fleet, worker: WorkerProcess, message: M, handle: unknown) => void)
    | undefined;
  handler?.(fleet, worker, message, handle);
}

async function listen(fleet: Fleet, worker: WorkerProcess, message: Message<"listen">): Promise<void> {
  const { request, key, target, own, first } = message;
  const failure = own ? await openOwnSockets(fleet, worker, target) : undefined;
  // A fleet that ends for that has said why; the app's own error would name a socket that is free.
  if (failure !== undefined && fleet.state.ending !== null) return;
  const { listeners } = fleet.options;
  const outcome = failure ?? (await listeners.listen(key, target, worker.id, first && !own));
  const head = { type: "listen-reply", request, key } as const;
  if ("handle" in outcome) {
    const passed = outcome.passed && { passed: outcome.passed.address };
    worker.send({ ...head, ...passed } satisfies ListenReply, outcome.handle);
  } else worker.send({ ...head, error: outcome.error, errno: outcome.errno, syscall: outcome.syscall });
}

/** @returns why the fleet cannot have its sockets, one for each slot; it ends then, unless it has served already */
async function openOwnSockets(
  fleet: Fleet,
  worker: WorkerProcess,
  target: ListenTarget,
): Promise<ListenFailure | undefined> {
  const slots = wantedSlots(fleet.state).map(({ index }) => index);
  const failure = await fleet.slotListeners.open(worker.slot, target, slots);
  if (failure === undefined) return undefined;
  const { message, code } = cannotListen(failure);
  fleet.post({ type: "cannot-listen", worker: worker.id, slot: failure.slot, message, code });
  if (fleet.state.ending === null) fleet.options.log.warnOnce("listen-failed", message);
  return failure;
}

/** Its server is closed by now: a socket of its slot's own goes at once where nobody is to come, so that nobody waits in vain. */
function drained(fleet: Fleet, worker: WorkerProcess, message: Message<"drained">): void {
  if (findSlot(fleet.state, worker.slot)?.wanted === false) fleet.slotListeners.slotGone(worker.slot);
  fleet.post({ ...message, worker: worker.id });
}

/** A worker that leaves by order closes its servers too; clients shall not be refused for that. */
function release(fleet: Fleet, worker: WorkerProcess, { key }: Message<"release">): void {
  const state = findWorker(fleet.state, worker.id)?.state.name;
  if (state === "ready" || state === "handing-over" || state === "starting")
    fleet.options.listeners.release(key, worker.id);
}
