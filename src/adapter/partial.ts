/** Adapter: lists of answers that lack those of a worker which exited or hung, and say so. Pure. */

import type { Peer } from "../bus/bus.js";

/** A worker whose answers are missing. */
export type MissingWorker = {
  readonly host: number;
  readonly slot: number;
  /** `hung`: it lives, but says nothing. */
  readonly reason: "exited" | "hung";
};

export function missingWorker({ identity }: Peer, reason: MissingWorker["reason"]): MissingWorker {
  return { host: identity.host, slot: identity.slot, reason };
}

const MISSING = Symbol.for("holdfast.missing");

/** @returns the answers themselves when nobody is missing; else a list that {@link missingWorkers} knows, as are those made of it */
export function withMissing<T>(answers: T[], missing: readonly MissingWorker[]): T[] {
  if (missing.length === 0) return answers;
  // Socket.IO maps the list before the app gets it; the result of `map` has the class of its source.
  class PartialAnswers extends Array<T> {
    get [MISSING](): readonly MissingWorker[] {
      return missing;
    }
  }
  const partial = new PartialAnswers();
  for (const answer of answers) partial.push(answer);
  return partial;
}

/**
 * The workers that exited or hung before they had answered: what `fetchSockets()` and `serverSideEmitWithAck()` return is without
 * them. Empty when everybody answered, and for any other value.
 */
export function missingWorkers(answers: unknown): readonly MissingWorker[] {
  const missing = (answers as { [MISSING]?: readonly MissingWorker[] } | null | undefined)?.[MISSING];
  return missing ?? [];
}
