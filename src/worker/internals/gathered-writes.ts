/**
 * Worker: packets that wait for a WebSocket leave in one system call, where engine.io makes one for each. What comes from the bus comes in
 * groups, so that a worker with much to tell each client has more than one packet waiting most of the time.
 * - engine.io 6.4 to 6.6: `engine.createTransport(name, request)` makes each transport, also that of an upgrade. `transport.send(packets)`
 *   writes all of them before it returns, but for those that are compressed first.
 * - ws 8.11 to 8.21: `websocket._socket`. Node: `cork()` may be called again before `uncork()`.
 */

import type { EnginePacket } from "./engine-session.js";
import type { ServerWebSocket } from "./websocket.js";

type Transport = {
  readonly name: string;
  readonly socket?: ServerWebSocket | null;
  send(packets: readonly EnginePacket[]): void;
};
type TransportMaker = { createTransport?(name: string, ...rest: unknown[]): Transport };

const makers = new WeakSet<object>();
const classes = new WeakSet<object>();

/** From now on for all transports that this engine makes. May be called again. */
export function gatherWrites(engine: object): void {
  const maker = engine as TransportMaker;
  const create = maker.createTransport;
  if (typeof create !== "function" || makers.has(engine)) return;
  makers.add(engine);
  maker.createTransport = function (name, ...rest) {
    const transport = create.call(this, name, ...rest);
    if (name === "websocket") gatherIn(Object.getPrototypeOf(transport) as Transport);
    return transport;
  };
}

function gatherIn(prototype: Transport): void {
  const { send } = prototype;
  if (typeof send !== "function" || classes.has(prototype)) return;
  classes.add(prototype);
  prototype.send = function (packets) {
    const socket = packets.length > 1 ? this.socket?._socket : undefined;
    if (typeof socket?.cork !== "function") {
      send.call(this, packets);
      return;
    }
    socket.cork();
    try {
      send.call(this, packets);
    } finally {
      socket.uncork();
    }
  };
}
