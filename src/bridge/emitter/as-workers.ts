/** Bridge, pure: an order of a process outside, as a worker carries it out. */

import type { BroadcastOptions } from "socket.io-adapter";
import type { EmitterOrder as Order } from "../../adapter/orders.js";
import type { EmitterOrder } from "./orders.js";

export function asWorkersDo(order: EmitterOrder): Order {
  const { namespace } = order;
  const { rooms, except, flags } = order.opts;
  const opts: BroadcastOptions = { rooms: new Set(rooms), except: new Set(except), flags };
  switch (order.kind) {
    case "broadcast":
      return { namespace, kind: order.kind, packet: { ...order.packet }, opts };
    case "join":
    case "leave":
      return { namespace, kind: order.kind, rooms: order.rooms, opts };
    case "disconnect":
      return { namespace, kind: order.kind, close: order.close, opts };
    case "emit":
      return { namespace, kind: order.kind, args: order.args };
  }
}
