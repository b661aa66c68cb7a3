/** Worker: what is said of a handoff in the end. Pure. */

import type { HandoffReport } from "../../protocol/messages.js";
import { countPauses } from "../../protocol/pauses.js";
import type { StayReason } from "./session-codec.js";

export class Tally {
  readonly #pauses: number[] = [];
  readonly #stayed = new Map<string, StayReason>();
  #moved = 0;

  get moved(): number {
    return this.#moved;
  }

  /** @param pauses milliseconds, one for each session */
  add(pauses: readonly number[]): void {
    this.#moved += pauses.length;
    this.#pauses.push(...pauses);
  }

  /** They are back. */
  takenBack(sessions: number): void {
    this.#moved = Math.max(0, this.#moved - sessions);
  }

  /** As long as it does not leave after all. */
  stays(sid: string, reason: StayReason): void {
    this.#stayed.set(sid, reason);
  }

  leaves(sid: string): void {
    this.#stayed.delete(sid);
  }

  report(): HandoffReport {
    const stayed: Record<string, number> = {};
    for (const reason of this.#stayed.values()) stayed[reason] = (stayed[reason] ?? 0) + 1;
    return {
      moved: this.#moved,
      stayed,
      longestPause: round(this.#pauses.reduce((longest, pause) => Math.max(longest, pause), 0)),
      pauses: countPauses(this.#pauses),
    };
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
