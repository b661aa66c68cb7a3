/**
 * Adapter, in a worker: finds sockets while some move. Where they go is asked again once the workers that they leave have answered: by
 * then a socket has arrived there, or its old worker has described it.
 */

import type { Adapter, BroadcastOptions } from "socket.io-adapter";
import type { Peer } from "../../bus/bus.js";
import type { FoundSockets } from "../ask.js";
import { matchingSockets } from "../internals.js";
import type { Station } from "../station.js";
import { describeDeparted } from "./departed.js";

/** A bridge has no adapter: no socket is there. */
type Place = { readonly hub: Station; readonly adapter: Adapter | undefined };

/** @param ask sends the question before it returns @returns each socket once: this worker's own, and descriptions of the others */
export async function fetchMoving(
  { hub, adapter }: Place,
  opts: BroadcastOptions,
  { asked, ask }: { asked: readonly Peer[]; ask: (peers: readonly Peer[]) => Promise<FoundSockets> },
): Promise<FoundSockets> {
  const matching = (): object[] => (adapter === undefined ? [] : matchingSockets(adapter, opts));
  const local = matching();
  const departed = adapter === undefined ? [] : describeDeparted(hub.moves.underWay(adapter, opts));
  // Now, too: by the time of the answers all may have arrived, and nobody be a destination any more.
  const known = hub.moves.destinations(asked);
  const before = await ask(asked);
  const again = new Set([...known, ...hub.moves.destinations(asked)]);
  const after = await ask(hub.answering().filter(({ key }) => again.has(key)));
  const here = again.has(hub.peer.key) ? matching() : [];
  return {
    answers: onceEach([...local, ...here, ...after.answers, ...before.answers, ...departed]),
    missing: [...before.missing, ...after.missing],
  };
}

/** The first of each id. */
export function onceEach(sockets: readonly unknown[]): unknown[] {
  const byId = new Map<string, unknown>();
  for (const socket of sockets as readonly { readonly id: string }[]) {
    if (!byId.has(socket.id)) byId.set(socket.id, socket);
  }
  return [...byId.values()];
}
