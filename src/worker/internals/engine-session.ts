/**
 * Worker: the private parts of a session of engine.io (its class `Socket`) and of its transports, by which a session is taken apart and put
 * together. Proven on engine.io 6.4.2 (socket.io 4.6), 6.5.5 (4.7) and 6.6 (4.8); what differs is named.
 * - `writeBuffer`, `packetsFn`: packets that wait for the transport, and callbacks for when they left.
 * - `cleanupFn`: takes the session's listeners off its transport. `upgrading`, `upgraded`: an upgrade is under way, was done.
 * - `pingIntervalTimer`, `pingTimeoutTimer`; `resetPingTimeout(timeout)` takes its time as an argument up to 6.5.
 * - The constructor sends the packet "open": it stays in `writeBuffer` while the transport is not `writable`.
 * - `transport.writable`: nothing is being sent (polling: and a GET waits). `transport.req`, `res`, `dataReq`: the GET and the POST under way.
 * - `engine.prepare(request)`, `engine.createTransport(name, request)`, `engine.clientsCount`, `engine.opts`, `engine.ws`.
 */

import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Engine, EngineSession } from "./engine.js";
import { siblingClass } from "./loaded-classes.js";
import type { ServerWebSocket, WebSocketServer } from "./websocket.js";

/** A packet of Engine.IO that waits to be sent. */
export type EnginePacket = {
  readonly type: string;
  readonly data?: unknown;
  /** `wsPreEncodedFrame`: how it goes over a WebSocket that does not compress, header and all. */
  readonly options?: { readonly compress?: boolean; readonly wsPreEncodedFrame?: readonly Buffer[] };
};

export type Transport = EventEmitter & {
  readonly name: string;
  readonly readyState: string;
  writable: boolean;
  supportsBinary: boolean;
  /** WebSocket. */
  readonly socket?: ServerWebSocket;
  perMessageDeflate?: unknown;
  /** Polling. */
  readonly req?: IncomingMessage | null;
  readonly res?: ServerResponse | null;
  readonly dataReq?: IncomingMessage | null;
  maxHttpBufferSize?: number;
  httpCompression?: unknown;
  send(packets: readonly EnginePacket[]): void;
};

export type EngineConnection = Omit<EngineSession, "request"> & {
  request: IncomingMessage | null | undefined;
  readonly readyState: string;
  readonly protocol: number;
  readonly upgrading: boolean;
  upgraded: boolean;
  remoteAddress: string | undefined;
  transport: Transport;
  writeBuffer: EnginePacket[];
  packetsFn: unknown[];
  readonly cleanupFn: (() => void)[];
  hasRefreshedPingTimeout?: boolean;
  pingTimeoutTimer: NodeJS.Timeout | null;
  pingIntervalTimer: NodeJS.Timeout | null;
  sendPacket(type: string, data?: unknown, options?: object): void;
  resetPingTimeout(timeout: number): void;
  flush(): void;
};

export type EngineInside = Omit<Engine, "clients"> & {
  clients: Record<string, EngineConnection>;
  clientsCount: number;
  readonly opts: {
    readonly pingInterval: number;
    readonly pingTimeout: number;
    readonly perMessageDeflate: unknown;
    readonly maxHttpBufferSize: number;
    readonly httpCompression: unknown;
  };
  readonly ws?: WebSocketServer;
  prepare(request: IncomingMessage): void;
  createTransport(name: string, request: IncomingMessage): Transport;
};

type SessionClass = new (
  sid: string,
  engine: EngineInside,
  transport: Transport,
  request: IncomingMessage,
  protocol: number,
) => EngineConnection;

export const engineInside = (engine: Engine): EngineInside => engine as unknown as EngineInside;

/** Nothing of the session listens to its transport any more, and no timer runs. */
export function letGoOfTransport(conn: EngineConnection): void {
  for (const cleanUp of conn.cleanupFn.splice(0)) cleanUp();
  stopTimers(conn);
  // What breaks from now on is nobody's concern, but must be heard.
  conn.transport.on("error", () => {});
}

function stopTimers(conn: EngineConnection): void {
  clearTimeout(conn.pingIntervalTimer ?? undefined);
  clearTimeout(conn.pingTimeoutTimer ?? undefined);
}

/** Sends a ping, as the session itself does when the time has come; protocol 4. */
export function pingNow(conn: EngineConnection, engine: EngineInside): void {
  conn.hasRefreshedPingTimeout = false;
  conn.sendPacket("ping");
  conn.resetPingTimeout(engine.opts.pingTimeout);
  conn.pingIntervalTimer?.refresh();
}

/** Answers a GET that waits, so that the client asks again, on a new connection. */
export function answerPoll(transport: Transport): void {
  if (!transport.writable || !transport.res) return;
  transport.res.setHeader("Connection", "close");
  transport.send([{ type: "noop" }]);
}

/** Puts packets behind those that wait. */
export function enqueue(conn: EngineConnection, packets: readonly EnginePacket[]): void {
  if (conn.readyState !== "open") return;
  for (const { type, data, options } of packets)
    conn.writeBuffer.push({ type, ...(data !== undefined && { data }), options: { ...options } });
  conn.flush();
}

/** Without the WebSocket frame that broadcasts carry along: it is made again from the data. */
export function plainPacket({ type, data, options }: EnginePacket): EnginePacket {
  return {
    type,
    ...(data !== undefined && { data }),
    options: { compress: options?.compress !== false },
  };
}

export type TransportOptions = { readonly supportsBinary: boolean; readonly websocket?: ServerWebSocket };

/** @returns a transport that sends nothing yet */
export function createTransport(
  engine: EngineInside,
  name: "websocket" | "polling",
  request: IncomingMessage,
  { supportsBinary, websocket }: TransportOptions,
): Transport {
  engine.prepare(request);
  if (websocket !== undefined) Object.assign(request, { websocket });
  const transport = engine.createTransport(name, request);
  const { opts } = engine;
  if (name === "websocket") transport.perMessageDeflate = opts.perMessageDeflate;
  else {
    transport.maxHttpBufferSize = opts.maxHttpBufferSize;
    transport.httpCompression = opts.httpCompression;
    transport.on("headers", (headers, of) => engine.emit("headers", headers, of));
  }
  transport.supportsBinary = supportsBinary;
  transport.writable = false;
  return transport;
}

/** @throws when this copy of engine.io was not seen to be loaded */
export function createSession(
  engine: EngineInside,
  sid: string,
  transport: Transport,
  request: IncomingMessage,
  protocol: number,
): EngineConnection {
  const Session = siblingClass(engine, "EngineSession") as unknown as SessionClass | undefined;
  if (Session === undefined) throw new Error("the class of engine.io's sessions is not known");
  const conn = new Session(sid, engine, transport, request, protocol);
  // The client has had the packet "open", and the app's `initialPacket`.
  conn.writeBuffer = [];
  conn.packetsFn = [];
  return conn;
}

/** The engine finds the session from now on, until it closes. */
export function register(engine: EngineInside, conn: EngineConnection): void {
  engine.clients[conn.id] = conn;
  engine.clientsCount++;
  conn.once("close", () => unregister(engine, conn));
}

function unregister(engine: EngineInside, conn: EngineConnection): void {
  if (engine.clients[conn.id] !== conn) return;
  delete engine.clients[conn.id];
  engine.clientsCount--;
}

/** Takes back everything that building a session began. */
export function discardSession(conn: EngineConnection): void {
  letGoOfTransport(conn);
  conn.emit("close", "server handoff");
}

/** Stands where the transport of a session was that has left: what is sent goes after it. */
export class AwayTransport extends EventEmitter {
  readonly name: string;
  readonly supportsBinary: boolean;
  readonly readyState = "open";
  readonly writable = true;
  readonly #send: (packets: readonly EnginePacket[]) => void;
  readonly #close: () => void;

  constructor(gone: Transport, send: (packets: readonly EnginePacket[]) => void, close: () => void) {
    super();
    this.name = gone.name;
    this.supportsBinary = gone.supportsBinary;
    this.#send = send;
    this.#close = close;
  }

  send(packets: readonly EnginePacket[]): void {
    this.#send(packets.map(plainPacket));
  }

  close(): void {
    this.#close();
  }

  discard(): void {}
}
