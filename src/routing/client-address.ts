/** Routing: the client's address behind proxies, by the rules of Express's `trust proxy`. Pure. */

import type { TrustHeader } from "../config/trust-proxy.js";
import { hopsOfForwarded, hopsOfForwardedFor } from "./forwarding-headers.js";
import type { Hop } from "./hop.js";
import type { Trust } from "./trust.js";

export type ForwardingHeaders = {
  readonly "x-forwarded-for"?: string | undefined;
  readonly forwarded?: string | undefined;
};

/**
 * The hops that the headers name, the nearest first.
 *
 * One header is read, never both together: a proxy that writes one of them hands on the other as the client made it up. With
 * `auto`, `X-Forwarded-For` wins, since most proxies write that one and then it is never absent; so `Forwarded` is read only
 * where no proxy wrote the other. Behind a proxy that writes `Forwarded` alone a client could bring an `X-Forwarded-For` of its
 * own, and only `forwarded` is safe.
 */
export function namedHops(headers: ForwardingHeaders, read: TrustHeader): Iterable<Hop | undefined> {
  const { "x-forwarded-for": list, forwarded } = headers;
  if (list !== undefined && read !== "forwarded") return hopsOfForwardedFor(list);
  return forwarded !== undefined && read !== "x-forwarded-for" ? hopsOfForwarded(forwarded) : [];
}

/**
 * Goes from hop to hop for as long as the one at hand is trusted: the first that is not is the client, or the last one if all are.
 * @param stated the peer of the connection, then the one that its PROXY header named @param named see {@link namedHops}
 * @returns the last hop with an address; where a trusted proxy named none (`unknown`), that proxy. Undefined where there is none
 */
export function walk(
  stated: readonly Hop[],
  named: Iterable<Hop | undefined>,
  trust: Trust,
): Hop | undefined {
  let known: Hop | undefined;
  let before: Hop | undefined;
  let hop = 0;
  for (const next of inTurn(stated, named)) {
    if (before !== undefined && !trust(before.address, hop++)) break;
    if (next === undefined) break;
    if (next.address !== undefined) known = next;
    before = next;
  }
  return known;
}

function* inTurn(...lists: readonly Iterable<Hop | undefined>[]): Generator<Hop | undefined> {
  for (const list of lists) yield* list;
}
