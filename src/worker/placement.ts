/** Worker: which slot gets a new session. Asks the load board, adds what this worker sent off a moment ago, lets the policy choose. */

import type { IncomingMessage } from "node:http";
import type { LoadRow } from "../protocol/load-board.js";
import { clientAddress, type Trust } from "../routing/client-address.js";
import { place } from "../routing/policies.js";
import type { Candidate, Policy } from "../routing/policy.js";

export type PlacementOptions = {
  readonly here: number;
  readonly policy: Policy;
  readonly trust: Trust;
  readonly readBoard: () => readonly LoadRow[];
  /** Whether the worker of this slot can be reached. */
  readonly isLive: (slot: number) => boolean;
};

export class PlacementDesk {
  readonly #options: PlacementOptions;
  /** Sessions that this worker sent to a slot and that are not on the board yet. */
  readonly #underWay = new Map<number, number>();

  constructor(options: PlacementOptions) {
    this.#options = options;
  }

  choose(request: IncomingMessage): number {
    const { here, policy, trust } = this.#options;
    const candidates = this.#candidates();
    if (candidates.length === 1 && candidates[0]?.slot === here) return here;
    return place(policy, {
      here,
      candidates,
      clientAddress: () =>
        clientAddress(request.socket.remoteAddress ?? "", joined(request.headers["x-forwarded-for"]), trust),
      cookieHeader: () => request.headers.cookie ?? "",
    });
  }

  /** A session is on its way to this slot. @returns to be called once it arrived or failed */
  sentTo(slot: number): () => void {
    this.#underWay.set(slot, (this.#underWay.get(slot) ?? 0) + 1);
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#underWay.set(slot, (this.#underWay.get(slot) ?? 1) - 1);
    };
  }

  #candidates(): Candidate[] {
    const { here, isLive, readBoard } = this.#options;
    const candidates = [];
    for (const { slot, load } of readBoard()) {
      if (slot === here || isLive(slot))
        candidates.push({ slot, load: load + (this.#underWay.get(slot) ?? 0) });
    }
    return candidates;
  }
}

const joined = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(",") : header;
