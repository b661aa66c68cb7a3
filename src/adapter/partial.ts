/** Adapter: lists of answers that lack those of a worker which exited or hung, and say so. Pure. */

import type { Peer } from "../bus/bus.js";
import { WireError } from "./wire.js";

/** A worker whose answers are missing, or a whole host: that has no slot. */
export type MissingWorker = {
  readonly host: number;
  /** Missing where nothing is known of the host's workers. */
  readonly slot?: number;
  /** `hung`: it lives, but says nothing. `unreachable`: the whole host left the site, or cannot be reached. */
  readonly reason: "exited" | "hung" | "unreachable";
};

export function missingWorker({ identity }: Peer, reason: MissingWorker["reason"]): MissingWorker {
  return { host: identity.host, slot: identity.slot, reason };
}

export function missingHost(host: number): MissingWorker {
  return { host, reason: "unreachable" };
}

/** What another process says of them. @throws {WireError} */
export function missingFrom(value: unknown): MissingWorker[] {
  if (!Array.isArray(value) || !value.every(isMissingWorker)) {
    throw new WireError("missing workers of a wrong shape");
  }
  return value;
}

function isMissingWorker(value: unknown): value is MissingWorker {
  if (typeof value !== "object" || value === null) return false;
  const { host, slot, reason } = value as Partial<MissingWorker>;
  const isKnown = reason === "exited" || reason === "hung" || reason === "unreachable";
  return isKnown && Number.isSafeInteger(host) && (slot === undefined || Number.isSafeInteger(slot));
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
 * The workers that exited or hung, and the hosts that could not be reached, before they had answered: what `fetchSockets()` and
 * `serverSideEmitWithAck()` return is without them. Empty when everybody answered, and for any other value.
 */
export function missingWorkers(answers: unknown): readonly MissingWorker[] {
  const missing = (answers as { [MISSING]?: readonly MissingWorker[] } | null | undefined)?.[MISSING];
  return missing ?? [];
}
