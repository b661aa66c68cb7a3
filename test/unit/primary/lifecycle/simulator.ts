/** Test helper: the life cycle in a world without processes. Effects are remembered, and time moves by hand. */

import { apply } from "../../../../src/primary/lifecycle/apply.js";
import type { Effect, FleetEvent } from "../../../../src/primary/lifecycle/events.js";
import { nextDeadline, wantedSlots } from "../../../../src/primary/lifecycle/queries.js";
import {
  type FleetState,
  initialState,
  type LifecycleSettings,
  type Worker,
} from "../../../../src/primary/lifecycle/state.js";

export const SETTINGS: LifecycleSettings = {
  workers: 3,
  listen: undefined,
  bootTimeout: 30_000,
  drainTimeout: 10_000,
  handoffTimeout: 0,
  parallel: 1,
  shutdownDelay: 0,
  restartDelay: 100,
  restartDelayMax: 15_000,
  maxFailures: 4,
  minUptime: 1000,
};

export class Simulator {
  state: FleetState;
  now = 0;
  readonly effects: Effect[] = [];
  /** By slot. */
  sessions: readonly number[] = [100, 60, 0, 0, 0];

  /** @param held until the event `start` */
  constructor(settings: Partial<LifecycleSettings> = {}, { held = false } = {}) {
    this.state = initialState({ ...SETTINGS, ...settings }, 0, held);
    if (!held) this.post({ type: "start" });
  }

  post(event: FleetEvent): readonly Effect[] {
    const { state, effects } = apply(this.state, event, this.now);
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.do === "spawn")
        this.post({ type: "spawned", worker: effect.worker, pid: 1000 + effect.worker });
      if (effect.do === "count-sessions") this.#count();
    }
    return effects;
  }

  #count(): void {
    const counts = wantedSlots(this.state).map(({ index: slot }) => {
      return { slot, sessions: this.sessions[slot] ?? 0 };
    });
    this.post({ type: "sessions-counted", counts });
  }

  /** Lets time pass, with a tick at each deadline on the way. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    let before = -1;
    for (let due = nextDeadline(this.state); due !== null && due <= end; due = nextDeadline(this.state)) {
      if (due === before) throw new Error(`still due at ${due} after a tick`);
      before = due;
      if (due < this.now) throw new Error(`due ${this.now - due} ms ago and still not done`);
      this.now = due;
      this.post({ type: "tick" });
    }
    this.now = end;
  }

  workersOf(slot: number): readonly Worker[] {
    return this.state.slots.find(({ index }) => index === slot)?.workers ?? [];
  }

  /** The slot's worker that was started last. */
  newest(slot: number): Worker {
    const worker = this.workersOf(slot).at(-1);
    if (worker === undefined) throw new Error(`slot ${slot} has no worker`);
    return worker;
  }

  ready(...slots: number[]): void {
    for (const slot of slots) this.post({ type: "ready", worker: this.newest(slot).id });
  }

  exit(worker: Worker, code: number | null = 1, signal: string | null = null): void {
    this.post({ type: "exited", worker: worker.id, code, signal });
  }

  /** Names of the states in a slot, oldest worker first. */
  states(slot: number): string[] {
    return this.workersOf(slot).map(({ state }) => state.name);
  }

  of<D extends Effect["do"]>(what: D): Extract<Effect, { do: D }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { do: D }> => effect.do === what);
  }

  /** The log, one line an entry. */
  get log(): string {
    return this.of("log")
      .map(({ event, text }) => `${event}: ${text}`)
      .join("\n");
  }

  forget(): void {
    this.effects.length = 0;
  }
}

/** A fleet whose workers have all been ready for longer than `minUptime`. */
export function healthyFleet(settings: Partial<LifecycleSettings> = {}): Simulator {
  const fleet = new Simulator(settings);
  fleet.ready(...fleet.state.slots.map(({ index }) => index));
  fleet.pass(5000);
  fleet.forget();
  return fleet;
}
