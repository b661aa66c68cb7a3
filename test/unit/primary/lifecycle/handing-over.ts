/** Test helper: a fleet whose first slot is handing over, and what its workers were asked. */

import type { Worker } from "../../../../src/primary/lifecycle/state.js";
import { healthyFleet, type Simulator } from "./simulator.js";

export const HUP = { type: "reload", by: "SIGHUP" } as const;
export const HANDOFF = { handoffTimeout: 10_000, drainTimeout: 5000 };
export const NUMBERS = { moved: 512, stayed: {}, longestPause: 14 };

export function first(fleet: Simulator, slot: number): Worker {
  const [worker] = fleet.workersOf(slot);
  if (worker === undefined) throw new Error(`slot ${slot} is empty`);
  return worker;
}

/** The first slot's old worker hands over to its new one. */
export function handingOver(settings: object = {}): { fleet: Simulator; old: Worker; heir: Worker } {
  const fleet = healthyFleet({ workers: 2, ...HANDOFF, ...settings });
  fleet.post({ ...HUP, request: 1 });
  fleet.ready(0);
  const [old, heir] = fleet.workersOf(0);
  if (old === undefined || heir === undefined) throw new Error(`${fleet.states(0)}`);
  return { fleet, old, heir };
}

export function handedOver(fleet: Simulator, old: Worker, report = NUMBERS): void {
  fleet.post({ type: "handed-over", worker: old.id, report });
}

/** What was asked of workers, without the log. */
export function asked(fleet: Simulator): string[] {
  return fleet.effects.flatMap((effect) => {
    if (effect.do === "log" || !("worker" in effect)) return [];
    return effect.do === "signal" ? `${effect.signal} ${effect.worker}` : `${effect.do} ${effect.worker}`;
  });
}
