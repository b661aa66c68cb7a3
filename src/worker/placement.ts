/** Worker: which slot gets a new session. Asks the load board, leaves out whom it cannot reach, lets the policy choose. */

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

  #candidates(): Candidate[] {
    const { here, isLive, readBoard } = this.#options;
    return readBoard().filter(({ slot }) => slot === here || isLive(slot));
  }
}

const joined = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(",") : header;
