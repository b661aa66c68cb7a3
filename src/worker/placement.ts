/** Worker: which slot gets a new session. Asks the load board, leaves out whom it cannot reach, lets the policy choose. */

import type { IncomingMessage } from "node:http";
import type { LoadRow } from "../protocol/load-board.js";
import { canonicalAddress } from "../routing/ip-address.js";
import { place } from "../routing/policies.js";
import type { Candidate, Policy } from "../routing/policy.js";
import type { Client } from "./internals/client-socket.js";

export type PlacementOptions = {
  readonly here: number;
  readonly policy: Policy;
  readonly readBoard: () => readonly LoadRow[];
  /** Whether the worker of this slot can be reached. */
  readonly isLive: (slot: number) => boolean;
};

export class PlacementDesk {
  readonly #options: PlacementOptions;

  constructor(options: PlacementOptions) {
    this.#options = options;
  }

  /** @param client undefined where it is whom the connection shows */
  choose(request: IncomingMessage, client: Client | undefined): number {
    const { here, policy } = this.#options;
    const candidates = this.#candidates();
    if (candidates.length === 1 && candidates[0]?.slot === here) return here;
    return place(policy, {
      here,
      candidates,
      clientAddress: () => client?.address ?? canonicalAddress(request.socket.remoteAddress ?? ""),
      cookieHeader: () => request.headers.cookie ?? "",
    });
  }

  #candidates(): Candidate[] {
    const { here, isLive, readBoard } = this.#options;
    return readBoard().filter(({ slot }) => slot === here || isLive(slot));
  }
}
