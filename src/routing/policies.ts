/** Routing: the four policies. Pure; each is an object, looked up by name. */

import type { PolicyName } from "../config/policy-names.js";
import type { Candidate, Placement, Policy } from "./policy.js";
import { rendezvous } from "./rendezvous.js";

/** A newcomer stays where it was accepted unless that worker is fuller than the least by this share and this many. */
const TOLERATED_SHARE = 1.03;
const TOLERATED_SESSIONS = 32;

/** Name of the cookie by which the policy `cookie` knows a browser again. */
export const COOKIE_NAME = "holdfast";

/** The slot that accepted keeps the session unless the fleet is uneven: then the least loaded one gets it. */
const leastSessions: Policy = {
  name: "least-sessions",
  select({ here, candidates }) {
    const least = leastLoaded(candidates);
    const own = candidates.find(({ slot }) => slot === here);
    if (own === undefined) return least.slot;
    return own.load <= least.load * TOLERATED_SHARE + TOLERATED_SESSIONS ? here : least.slot;
  },
};

function leastLoaded(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((least, candidate) => (candidate.load < least.load ? candidate : least));
}

/** Each worker counts for itself, beginning at itself: with equal arrivals all slots get equal shares. */
function roundRobin(): Policy {
  let turn: number | undefined;
  return {
    name: "round-robin",
    select({ here, candidates }) {
      turn = turn === undefined ? here : turn + 1;
      return at(candidates, turn);
    },
  };
}

/** The same address always meets the same slot; a slot that comes or goes moves only its own share. */
const ipHash: Policy = {
  name: "ip-hash",
  select({ candidates, clientAddress }) {
    return rendezvous(clientAddress(), slotsOf(candidates));
  },
};

/** A browser comes back to the slot that its cookie names; a newcomer is placed as by least-sessions. */
const cookie: Policy = {
  name: "cookie",
  select(placement) {
    const slot = slotOfCookie(placement.cookieHeader());
    const lives = slot !== undefined && placement.candidates.some((candidate) => candidate.slot === slot);
    return lives ? slot : leastSessions.select(placement);
  },
};

/** The slot that the `Cookie` header names, if any. */
export function slotOfCookie(header: string): number | undefined {
  const match = /(?:^|;\s*)holdfast=(\d{1,4})(?:;|$)/.exec(header);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

export function createPolicy(name: PolicyName): Policy {
  switch (name) {
    case "least-sessions":
      return leastSessions;
    case "round-robin":
      return roundRobin();
    case "ip-hash":
      return ipHash;
    case "cookie":
      return cookie;
  }
}

/** Chooses among candidates; the accepting slot where there are none. */
export function place(policy: Policy, placement: Placement): number {
  return placement.candidates.length === 0 ? placement.here : policy.select(placement);
}

const slotsOf = (candidates: readonly Candidate[]): number[] => candidates.map(({ slot }) => slot);

function at(candidates: readonly Candidate[], index: number): number {
  return (candidates[index % candidates.length] as Candidate).slot;
}
