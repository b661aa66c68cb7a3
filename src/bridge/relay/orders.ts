/** Bridge: what somebody outside the site wants done at the sockets of this host, as given to one of its workers. */

import { type EmitterOrder, orderToMessage } from "../../adapter/orders.js";
import { MessageKind } from "../../adapter/wire.js";
import type { Peer } from "../../bus/bus.js";
import type { LocalSide } from "./local-side.js";

/** @param addresses at which somebody has members, in this namespace */
export function giveOrder(order: EmitterOrder, local: LocalSide, addresses: readonly string[]): void {
  const encode = (value: unknown): Buffer => local.encode(value);
  if (order.kind === "emit") {
    const body = [encode(order.args)];
    for (const address of new Set([order.namespace, ...addresses])) {
      local.send("all", { kind: MessageKind.EMIT, address, body });
    }
    return;
  }
  for (const address of addresses) {
    const worker = workerFor(address, local);
    if (worker !== undefined) local.send([worker], orderToMessage(order, address, encode));
  }
}

/** The same for all orders while it can be, so that they keep their order: the first by key of those that have sockets there. */
function workerFor(address: string, local: LocalSide): Peer | undefined {
  const answering = local.answering();
  return local.rooms
    .peersFor(address, new Set())
    .filter((peer) => answering.includes(peer))
    .reduce<Peer | undefined>(
      (best, peer) => (best === undefined || peer.key < best.key ? peer : best),
      undefined,
    );
}
