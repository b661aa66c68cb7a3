/**
 * Primary: the loop that owns the fleet. Everything that happens becomes an event in one queue; `apply` decides; what it decides
 * is done here, and what comes of that is an event again.
 */

import type { ChildProcess } from "node:child_process";
import { type Deferred, deferred } from "../base/deferred.js";
import { messageOf } from "../base/errors.js";
import type { FleetSettings } from "../config/settings.js";
import type { ToPrimary } from "../protocol/messages.js";
import type { FleetStatus, SiteStatus } from "../protocol/status.js";
import type { Health } from "./admin/health.js";
import { apply } from "./lifecycle/apply.js";
import type { Effect, FleetEvent, Refusal, SlotCount } from "./lifecycle/events.js";
import { findSlot, findWorker, nextDeadline, readyWorker, wantedSlots } from "./lifecycle/queries.js";
import { type FleetState, initialState } from "./lifecycle/state.js";
import type { Listeners } from "./listeners.js";
import type { Log } from "./log.js";
import type { FleetMemory } from "./memory.js";
import type { Outputs } from "./output.js";
import { Passages } from "./passages.js";
import { withPlace } from "./refusal-place.js";
import { SlotListeners } from "./slot-listeners.js";
import type { WorkerPlace } from "./spawn.js";
import { fleetHealth, fleetStatus, listeningOf, type StatusSources } from "./status.js";
import { handleWorkerMessage } from "./worker-messages.js";
import { type WorkerExit, WorkerProcess } from "./worker-process.js";

/** The few things that tests replace. */
export type FleetEnv = {
  /** Milliseconds of a monotonic clock; 0 is the start of the primary. */
  now(): number;
  /** @throws the system's error when no process can be made */
  fork(place: WorkerPlace): ChildProcess;
  /** @returns a function that cancels the timer */
  setTimer(callback: () => void, delay: number): () => void;
};

export type FleetOptions = {
  readonly settings: FleetSettings;
  readonly version: string;
  readonly env: FleetEnv;
  readonly log: Log;
  readonly outputs: Outputs;
  readonly listeners: Listeners;
  readonly memory: FleetMemory;
  /** A worker is gone. `alone`: no other worker of its slot lives. */
  readonly removeFiles: (slot: number, alone: boolean) => void;
  /** No worker before the event `start`. */
  readonly held?: boolean | undefined;
  /** What the fleet knows of its site; undefined: it stands alone. */
  readonly site?: (() => SiteStatus | null) | undefined;
  /** Something happened; `fleet.status()` and `fleet.state` say what is now. */
  readonly onChange?: () => void;
};

export type Finish = Extract<Effect, { do: "finish" }> & {
  /** The last lines of stderr of the worker that failed last. */
  readonly tail: readonly string[];
};

type Asked<T extends FleetEvent["type"]> = Extract<FleetEvent, { type: T }>;

type Performers = { readonly [D in Effect["do"]]: (effect: Extract<Effect, { do: D }>) => void };

export class Fleet {
  readonly ended: Promise<Finish>;
  readonly passages = new Passages();
  readonly options: FleetOptions;
  readonly slotListeners: SlotListeners;
  readonly #workers = new Map<number, WorkerProcess>();
  /** Of the worker that failed last. */
  readonly #tails = new Map<number, readonly string[]>();
  readonly #requests = new Map<number, Deferred<Refusal | null>>();
  readonly #queue: FleetEvent[] = [];
  readonly #ended = deferred<Finish>();
  #settings: FleetSettings;
  #memory: FleetMemory;
  #state: FleetState;
  #busy = false;
  #finished = false;
  #cancelTimer: () => void = () => {};
  #timerAt: number | null = null;
  #nextRequest = 1;

  constructor(options: FleetOptions) {
    this.options = options;
    this.#settings = options.settings;
    this.#memory = options.memory;
    this.slotListeners = new SlotListeners(options.settings.listen, options.listeners);
    this.ended = this.#ended.promise;
    this.#state = initialState(options.settings, 0, options.held);
  }

  get state(): FleetState {
    return this.#state;
  }

  /** Those that hold now, since the configuration may be read again. */
  get settings(): FleetSettings {
    return this.#settings;
  }

  /** The next worker is started with these; who runs keeps what it has. */
  renew(settings: FleetSettings, memory: FleetMemory): void {
    this.#settings = settings;
    this.#memory = memory;
    this.post({ type: "settings", settings });
  }

  get workers(): ReadonlyMap<number, WorkerProcess> {
    return this.#workers;
  }

  /** Takes an event; it is done with when this returns, unless called from within. */
  post(event: FleetEvent): void {
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    this.#busy = false;
    this.#arm();
    this.options.onChange?.();
  }

  /** Posts an event that is answered when it is done. @returns the refusal, or null */
  ask(event: Omit<Asked<"reload">, "request"> | Omit<Asked<"scale">, "request">): Promise<Refusal | null> {
    const request = this.#nextRequest++;
    const answer = deferred<Refusal | null>();
    this.#requests.set(request, answer);
    this.post({ ...event, request });
    return answer.promise;
  }

  status(): FleetStatus {
    const { version } = this.options;
    const memory = this.#memory.status(wantedSlots(this.#state).length);
    const settings = this.#settings;
    const site = this.options.site?.() ?? null;
    return fleetStatus(this.#state, {
      settings,
      version,
      pid: process.pid,
      memory,
      site,
      ...this.#sources(),
    });
  }

  health(): Health {
    return fleetHealth(this.#state, this.#sources());
  }

  #sources(): Pick<StatusSources, "now" | "reportOf"> {
    return { now: this.options.env.now(), reportOf: (id) => this.#workers.get(id) };
  }

  /** Open now, as the workers last said. */
  get sessions(): number {
    let sessions = 0;
    for (const { snapshot } of this.#workers.values()) sessions += snapshot?.sessions ?? 0;
    return sessions;
  }

  /** For a primary that cannot go on: no worker outlives it. */
  killAll(): void {
    for (const worker of this.#workers.values()) worker.kill("SIGKILL");
  }

  #step(event: FleetEvent): void {
    if (this.#finished) return;
    const { state, effects } = apply(this.#state, event, this.options.env.now());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform<E extends Effect>(effect: E): void {
    const perform = this.#performers[effect.do] as (effect: E) => void;
    perform(effect);
  }

  readonly #performers: Performers = {
    log: ({ do: _, ...entry }) => this.options.log.write(entry),
    spawn: (effect) => this.#spawn(effect),
    "hand-over": ({ do: _, worker, ...terms }) => {
      this.#workers.get(worker)?.send({ type: "hand-over", ...terms });
    },
    "count-sessions": () => this.post({ type: "sessions-counted", counts: this.#sessions() }),
    "take-over": ({ worker }) => this.#workers.get(worker)?.send({ type: "take-over" }),
    keep: ({ worker }) => this.#workers.get(worker)?.send({ type: "keep" }),
    drain: ({ worker, within }) => this.#workers.get(worker)?.send({ type: "drain", within }),
    signal: ({ worker, signal }) => this.#workers.get(worker)?.kill(signal),
    announce: (effect) => this.#announce(effect),
    settled: () => this.options.listeners.closeUnheld(),
    "close-listeners": () => this.options.listeners.closeAll(),
    answer: ({ request, error }) => this.#answer(request, error),
    finish: (effect) => this.#finish(effect),
  };

  #spawn({ worker: id, slot, generation, workers, takesOver }: Extract<Effect, { do: "spawn" }>): void {
    const tooMany = this.#memory.announcement(workers);
    if (tooMany?.level === "warn") this.options.log.warnOnce(tooMany.event, tooMany.text);
    try {
      const child = this.options.env.fork({ slot, generation, workers, takesOver });
      const worker = new WorkerProcess({ id, slot, generation }, child, this.options.outputs, {
        message: (from, message, handle) => this.#onMessage(from, message, handle),
        appMessage: (from, message) => this.#onAppMessage(from, message),
        exit: (from, exit) => this.#onExit(from, exit),
      });
      this.#workers.set(id, worker);
      if (worker.pid !== undefined) this.post({ type: "spawned", worker: id, pid: worker.pid });
    } catch (error) {
      const problem = `could not be started: ${messageOf(error)}`;
      this.post({ type: "exited", worker: id, code: null, signal: null, problem });
    }
  }

  #onMessage(worker: WorkerProcess, message: ToPrimary, handle: unknown): void {
    handleWorkerMessage(this, worker, message, handle);
    const waits = findWorker(this.#state, worker.id);
    if (waits?.state.name === "ready" && !waits.accepts) this.post({ type: "heard", worker: worker.id });
  }

  /** An app that speaks the words of pm2 without our preload in between. */
  #onAppMessage(worker: WorkerProcess, message: unknown): void {
    const isReady = message === "ready" && this.#settings.readyOn === "message";
    if (isReady) this.post({ type: "ready", worker: worker.id });
  }

  #onExit(worker: WorkerProcess, exit: WorkerExit): void {
    this.#workers.delete(worker.id);
    this.#tails.set(worker.id, worker.tail.lines);
    this.passages.workerGone(worker.id);
    this.options.listeners.forget(worker.id);
    const alone = ![...this.#workers.values()].some((other) => other.slot === worker.slot);
    this.options.removeFiles(worker.slot, alone);
    this.post({ type: "exited", worker: worker.id, ...exit });
    if (findSlot(this.#state, worker.slot) === undefined) this.slotListeners.slotGone(worker.slot);
    for (const id of this.#tails.keys()) if (id !== this.#state.lastFailure?.worker) this.#tails.delete(id);
  }

  #announce({ ready, wanted, ms }: Extract<Effect, { do: "announce" }>): void {
    const { log } = this.options;
    const listening = listeningOf(this.#state, (id) => this.#workers.get(id));
    const { name, listen: slotSockets } = this.#settings;
    log.ready({ name, listening, slotSockets, ready, wanted, pid: process.pid, ms });
  }

  #sessions(): SlotCount[] {
    return wantedSlots(this.#state).map((slot) => {
      const worker = this.#workers.get(readyWorker(slot)?.id ?? -1);
      return { slot: slot.index, sessions: worker?.snapshot?.sessions ?? 0 };
    });
  }

  #answer(request: number, refusal: Refusal | null): void {
    const tail = this.#tails.get(this.#state.lastFailure?.worker ?? 0) ?? [];
    this.#requests.get(request)?.resolve(refusal && withPlace(refusal, tail));
    this.#requests.delete(request);
  }

  #finish(effect: Extract<Effect, { do: "finish" }>): void {
    this.#finished = true;
    const tail = effect.last === null ? [] : (this.#tails.get(effect.last.worker) ?? []);
    this.#ended.resolve({ ...effect, tail });
  }

  /** One timer, for whatever is due first. */
  #arm(): void {
    const deadline = this.#finished ? null : nextDeadline(this.#state);
    if (deadline === this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = deadline;
    if (deadline === null) return;
    const delay = Math.max(1, Math.ceil(deadline - this.options.env.now()));
    this.#cancelTimer = this.options.env.setTimer(() => this.#onTimer(), delay);
  }

  #onTimer(): void {
    this.#timerAt = null;
    this.post({ type: "tick" });
  }

  /** The slot's worker that takes connections, for whoever wants to pass one. */
  receiverFor(slot: number): WorkerProcess | undefined {
    const found = findSlot(this.#state, slot);
    const worker = found && readyWorker(found);
    return worker && this.#workers.get(worker.id);
  }
}
