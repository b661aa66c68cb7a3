/**
 * Worker: packets that wait for a WebSocket leave in one system call, where engine.io makes one for each. What comes from the bus comes in
 * groups, so that a worker with much to tell each client has more than one packet waiting most of the time.
 * - engine.io 6.4 to 6.6: `engine.createTransport(name, request)` makes each transport, also that of an upgrade. `transport.send(packets)`
 *   writes all of them before it returns, but for those that are compressed first. `transport._canSendPreEncodedFrame(packet)`: the packet's
 *   `options.wsPreEncodedFrame`, a list of buffers, is what is written.
 * - ws 8.11 to 8.21: `websocket._socket`. Node: `cork()` may be called again before `uncork()`.
 */

import type { EnginePacket } from "./engine-session.js";
import type { ServerWebSocket } from "./websocket.js";

type Transport = {
  readonly name: string;
  readonly socket?: ServerWebSocket | null;
  _canSendPreEncodedFrame?(packet: EnginePacket): boolean;
  send(packets: readonly EnginePacket[]): void;
};
type TransportMaker = { createTransport?(name: string, ...rest: unknown[]): Transport };

/** Frames up to here are copied, until so much is in one buffer. Bytes. */
const JOIN_LIMIT = 4096;
const JOINED = 64 * 1024;

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
      send.call(
        this,
        joinFrames(packets, (packet) => this._canSendPreEncodedFrame?.(packet) === true),
      );
    } finally {
      socket.uncork();
    }
  };
}

/** Neighbours that are ready become one buffer: each buffer costs more than to copy a few bytes. */
function joinFrames(
  packets: readonly EnginePacket[],
  isReady: (packet: EnginePacket) => boolean,
): EnginePacket[] {
  const joined: EnginePacket[] = [];
  let frames: Buffer[] = [];
  let bytes = 0;
  const endRun = (): void => {
    const [frame] = frames.length > 1 ? [Buffer.concat(frames)] : frames;
    if (frame !== undefined) joined.push({ type: "message", options: { wsPreEncodedFrame: [frame] } });
    frames = [];
    bytes = 0;
  };
  for (const packet of packets) {
    const frame = isReady(packet) ? smallFrame(packet) : undefined;
    if (frame === undefined) {
      endRun();
      joined.push(packet);
      continue;
    }
    frames.push(frame);
    bytes += frame.length;
    if (bytes >= JOINED) endRun();
  }
  endRun();
  return joined;
}

function smallFrame({ options }: EnginePacket): Buffer | undefined {
  const parts = options?.wsPreEncodedFrame;
  const [frame] = parts ?? [];
  return parts?.length === 1 && frame !== undefined && frame.length <= JOIN_LIMIT ? frame : undefined;
}
