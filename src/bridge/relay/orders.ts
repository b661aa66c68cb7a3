/** Bridge: what somebody outside the site wants done at the sockets of this host, as given to one of its workers. */

import { type MessageDraft, MessageKind } from "../../adapter/wire.js";
import type { Peer } from "../../bus/bus.js";
import type { EmitterOrder } from "../emitter/orders.js";
import type { LocalSide } from "./local-side.js";

/** @param addresses at which somebody has members, in this namespace */
export function giveOrder(order: EmitterOrder, local: LocalSide, addresses: readonly string[]): void {
  const draft = draftOf(order, (value) => local.encode(value));
  if (order.kind === "emit") {
    for (const address of new Set([order.namespace, ...addresses])) local.send("all", { ...draft, address });
    return;
  }
  for (const address of addresses) {
    const worker = workerFor(address, local);
    if (worker !== undefined) local.send([worker], { ...draft, address });
  }
}

/** Without an address. @param encode writes a value */
function draftOf(order: EmitterOrder, encode: (value: unknown) => Buffer): MessageDraft {
  if (order.kind === "emit") return { kind: MessageKind.EMIT, body: [encode(order.args)] };
  const { rooms: r, except: e, flags: f } = order.opts;
  const options = { k: order.kind, r, e, f };
  const kind = MessageKind.ORDER;
  if (order.kind === "broadcast") return { kind, options, body: [encode(order.packet)] };
  if (order.kind === "disconnect") return { kind, options: { ...options, c: order.close } };
  return { kind, options: { ...options, j: order.rooms } };
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
