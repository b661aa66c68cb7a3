/**
 * Adapter: what a process that is no worker wants done at the sockets of one host, as a bridge passes it to one worker: that encodes with the
 * app's own parser, and does the rest as if its app had asked, but for the workers of its own host only: every host has such an order.
 */

import type { Adapter, BroadcastOptions, Room } from "socket.io-adapter";
import type { Peer } from "../bus/bus.js";
import { BRIDGE_SLOT } from "../protocol/bridge-messages.js";
import type { Packet } from "./internals.js";
import { objectOf, roomsFromWire, targetsFromWire } from "./targets.js";
import { decodeValue } from "./values.js";
import { type Message, WireError } from "./wire.js";

export type WorkerOrder =
  | { readonly kind: "broadcast"; readonly packet: Packet; readonly opts: BroadcastOptions }
  | { readonly kind: "join"; readonly rooms: readonly Room[]; readonly opts: BroadcastOptions }
  | { readonly kind: "leave"; readonly rooms: readonly Room[]; readonly opts: BroadcastOptions }
  | { readonly kind: "disconnect"; readonly close: boolean; readonly opts: BroadcastOptions };

const HOST_ONLY = Symbol("for the workers of this host only");

/** Those that are no bridge. */
export function workersOf(peers: readonly Peer[]): readonly Peer[] {
  return peers.filter(({ identity }) => identity.slot !== BRIDGE_SLOT);
}

/** Whether what these options choose is to be looked for on this host only. */
export function isForHost(opts: object): boolean {
  return (opts as { [HOST_ONLY]?: true })[HOST_ONLY] === true;
}

/** @throws {WireError} */
export function readOrder({ options, body }: Message): WorkerOrder {
  const { k: kind, c } = objectOf(options);
  const opts = { ...targetsFromWire(options), [HOST_ONLY]: true };
  switch (kind) {
    case "broadcast":
      return { kind, packet: objectOf(decodeValue(body)) as Packet, opts };
    case "join":
    case "leave":
      return { kind, rooms: roomsFromWire(options, "j"), opts };
    case "disconnect":
      return { kind, close: c === true, opts };
    default:
      throw new WireError("an order of an unknown kind");
  }
}

export function carryOut(adapter: Adapter, order: WorkerOrder): void {
  switch (order.kind) {
    case "broadcast":
      adapter.broadcast(order.packet, order.opts);
      break;
    case "join":
      adapter.addSockets(order.opts, [...order.rooms]);
      break;
    case "leave":
      adapter.delSockets(order.opts, [...order.rooms]);
      break;
    default:
      adapter.disconnectSockets(order.opts, order.close);
  }
}
