/** Primary, pure: one step of the life cycle in the making. Holds the next state and the effects so far; `apply` owns it. */

import type { Effect, LogLevel, Refusal, RequestId } from "./events.js";
import { findSlot, findWorker } from "./queries.js";
import type { FleetState, Slot, Worker, WorkerState } from "./state.js";

type Fields = Readonly<Record<string, string | number | boolean | null>>;

export class Change {
  state: FleetState;
  readonly now: number;
  readonly effects: Effect[] = [];

  constructor(state: FleetState, now: number) {
    this.state = state;
    this.now = now;
  }

  set(part: Partial<FleetState>): void {
    this.state = { ...this.state, ...part };
  }

  do(effect: Effect): void {
    this.effects.push(effect);
  }

  slot(index: number): Slot | undefined {
    return findSlot(this.state, index);
  }

  worker(id: number): Worker | undefined {
    return findWorker(this.state, id);
  }

  setSlot(index: number, part: Partial<Slot>): void {
    this.set({
      slots: this.state.slots.map((slot) => (slot.index === index ? { ...slot, ...part } : slot)),
    });
  }

  setWorker(worker: Worker, part: Partial<Worker>): void {
    const slot = this.slot(worker.slot);
    if (slot === undefined) return;
    this.setSlot(slot.index, {
      workers: slot.workers.map((other) => (other.id === worker.id ? { ...other, ...part } : other)),
    });
  }

  become(worker: Worker, state: WorkerState): void {
    this.setWorker(worker, { state });
  }

  /** Nobody may have asked. */
  answer(request: RequestId | null | undefined, error: Refusal | null): void {
    if (request !== null && request !== undefined) this.do({ do: "answer", request, error });
  }

  log(level: LogLevel, event: string, text: string, fields?: Fields): void {
    this.do({ do: "log", level, event, text, ...(fields && { fields }) });
  }

  logOf(worker: Worker, level: LogLevel, event: string, text: string, fields?: Fields): void {
    const { slot, generation, pid } = worker;
    this.do({
      do: "log",
      level,
      event,
      text,
      worker: { slot, generation, pid },
      ...(fields && { fields }),
    });
  }
}
