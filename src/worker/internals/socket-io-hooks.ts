/**
 * Worker: what must be known of socket.io's objects and cannot be read in them. Looks on at private methods, proven on socket.io 4.6.0, 4.7.5
 * and 4.8: `Server#bind(engine)`, `Client#setup()`, `Client#connect(name)`, `Client#_packet(packet)`, `Socket#run(event, done)`.
 */

import type { Engine } from "./engine.js";
import type { EngineConnection } from "./engine-session.js";
import type { LoadedClass } from "./loaded-classes.js";
import type { SocketIoServer } from "./socket-io.js";
import type { Client, ClientSocket } from "./socket-io-session.js";

/** Packets that tell a client how its request to enter a namespace ended (Socket.IO protocol). */
const CONNECT = 0;
const CONNECT_ERROR = 4;
/**
 * A middleware of `socket.use` that did not call `next` for so long is taken for one that drops the event, as some that limit rates do.
 * Milliseconds.
 */
const DROPPED_AFTER = 5000;

const servers = new WeakMap<Engine, SocketIoServer>();
const clients = new WeakMap<EngineConnection, Client>();
/** Namespaces whose middlewares a client waits for. */
const entering = new WeakMap<Client, Set<string>>();
/** When the events began that wait for a middleware of the socket. */
const passing = new WeakMap<ClientSocket, Set<{ since: number }>>();
/** What Holdfast and socket.io itself do when a session opens. */
const ownListeners = new WeakSet<object>();
const hooked = new WeakSet<object>();

/** The server of Socket.IO that stands on this engine. */
export const serverOn = (engine: Engine): SocketIoServer | undefined => servers.get(engine);

export const clientOf = (conn: EngineConnection): Client | undefined => clients.get(conn);

/** Whether a socket of this client waits for the middlewares of its namespace. */
export function isEntering(client: Client): boolean {
  return (entering.get(client)?.size ?? 0) > 0;
}

/** Whether an event of this socket waits for a middleware. */
export function isPassingMiddleware(socket: ClientSocket): boolean {
  const events = passing.get(socket);
  if (events === undefined) return false;
  forgetDropped(events);
  return events.size > 0;
}

/** Everything that listens for sessions by now is not the app's. */
export function noteOwnListeners(engine: Engine): void {
  for (const listener of engine.rawListeners("connection")) ownListeners.add(listener);
}

/** Tells the app of a session that arrived, as the engine does of one that opens. Whatever its listeners throw is thrown. */
export function announceSession(engine: Engine, conn: EngineConnection): void {
  for (const listener of engine.rawListeners("connection"))
    if (!ownListeners.has(listener)) listener.call(engine, conn);
}

/** Called for each class as its module was loaded. */
export function watchClass({ name, class: found }: LoadedClass): void {
  const prototype = found.prototype as object;
  if (hooked.has(prototype)) return;
  hooked.add(prototype);
  if (name === "Server") watchServer(prototype as SocketIoServer);
  else if (name === "Client") watchClient(prototype as ClientMethods);
  else if (name === "Socket") watchSocket(prototype as SocketMethods);
}

/** On a version that is not known there may be none of them; the app must run there, too. */
function areFunctions(...methods: unknown[]): boolean {
  return methods.every((method) => typeof method === "function");
}

function watchServer(prototype: SocketIoServer): void {
  const { bind } = prototype;
  if (!areFunctions(bind)) return;
  prototype.bind = function (this: SocketIoServer, engine: Engine) {
    servers.set(engine, this);
    const before = new Set(engine.rawListeners("connection"));
    const result = bind.call(this, engine);
    for (const listener of engine.rawListeners("connection"))
      if (!before.has(listener)) ownListeners.add(listener);
    return result;
  };
}

type ClientMethods = Client & {
  setup(): void;
  connect(name: string, ...rest: unknown[]): void;
  _packet(packet: { type?: number; nsp?: string }, ...rest: unknown[]): void;
};

function watchClient(prototype: ClientMethods): void {
  const { setup, connect, _packet } = prototype;
  if (!areFunctions(setup, connect, _packet)) return;
  prototype.setup = function (this: ClientMethods) {
    clients.set(this.conn, this);
    setup.call(this);
  };
  prototype.connect = function (this: ClientMethods, name, ...rest) {
    const names = entering.get(this) ?? new Set();
    entering.set(this, names.add(name));
    connect.call(this, name, ...rest);
  };
  prototype._packet = function (this: ClientMethods, packet, ...rest) {
    const { type, nsp } = packet;
    if ((type === CONNECT || type === CONNECT_ERROR) && nsp !== undefined) entering.get(this)?.delete(nsp);
    _packet.call(this, packet, ...rest);
  };
}

type SocketMethods = ClientSocket & {
  readonly fns: readonly unknown[];
  run(event: unknown[], done: (error?: unknown) => void): void;
};

function watchSocket(prototype: SocketMethods): void {
  const { run } = prototype;
  if (!areFunctions(run)) return;
  prototype.run = function (this: SocketMethods, event, done) {
    if (this.fns.length === 0) {
      run.call(this, event, done);
      return;
    }
    const entry = begin(this);
    run.call(this, event, (error) => {
      done(error);
      // The event reaches its listeners a tick later.
      process.nextTick(() => passing.get(this)?.delete(entry));
    });
  };
}

function begin(socket: ClientSocket): { since: number } {
  const events = passing.get(socket) ?? new Set();
  forgetDropped(events);
  const entry = { since: performance.now() };
  passing.set(socket, events.add(entry));
  return entry;
}

/** They are in the order in which they began. */
function forgetDropped(events: Set<{ since: number }>): void {
  const limit = performance.now() - DROPPED_AFTER;
  for (const entry of events) {
    if (entry.since > limit) return;
    events.delete(entry);
  }
}
