/** Routing: a policy chooses the slot of a new session. Pure. */

import type { PolicyName } from "../config/policy-names.js";

/** A slot that takes new sessions now. `load` counts open sessions and those on their way to it. */
export type Candidate = { readonly slot: number; readonly load: number };

export type Placement = {
  /** The slot of the worker that accepted the connection. */
  readonly here: number;
  /** Never empty; `here` is among them unless this worker drains. */
  readonly candidates: readonly Candidate[];
  /** The client's address, where a policy asks for it. */
  readonly clientAddress: () => string;
  /** The `Cookie` header, or empty. */
  readonly cookieHeader: () => string;
};

export type Policy = {
  readonly name: PolicyName;
  /** @returns one of the candidates' slots */
  select(placement: Placement): number;
};
