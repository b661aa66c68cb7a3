/**
 * Worker: the parts of socket.io that Holdfast touches, in one place. Proven on socket.io 4.6 to 4.8.
 * Private: `httpServer`, which `attach()` sets before it calls `bind()`.
 * Public: `Server#adapter(constructor)` (called by the constructor, by the app, and never otherwise), `Server#engine`, `Server#bind`.
 * Private: `Server#httpServer`, the last server that it was attached to.
 */

import { EventEmitter } from "node:events";
import type { Server } from "node:net";
import type { Engine } from "./engine.js";

export type AdapterConstructor = new (namespace: never) => unknown;

export type SocketIoServer = {
  readonly engine?: Engine;
  readonly httpServer?: object;
  adapter(): AdapterConstructor | undefined;
  adapter(value: AdapterConstructor): SocketIoServer;
  bind(engine: Engine): SocketIoServer;
};

/** @param io of Socket.IO or Engine.IO */
export function httpServerOf(io: object): Server | undefined {
  const { httpServer } = io as { httpServer?: Partial<Server> };
  return typeof httpServer?.getConnections === "function" ? (httpServer as Server) : undefined;
}

type ServerClass = { prototype: SocketIoServer };

/** Lets `choose` exchange each adapter that a server of this copy of socket.io is given. */
export function onAdapterSet(
  serverClass: ServerClass,
  choose: (given: AdapterConstructor) => AdapterConstructor,
): void {
  const { adapter } = serverClass.prototype as unknown as { adapter: (...args: unknown[]) => unknown };
  (serverClass.prototype as unknown as { adapter: unknown }).adapter = function (
    this: unknown,
    ...args: unknown[]
  ) {
    const [given] = args;
    if (typeof given !== "function") return adapter.apply(this, args);
    return adapter.call(this, choose(given as AdapterConstructor));
  };
}

/** What the adapter with recovery adds to the plain one. */
const OF_RECOVERY = ["broadcast", "constructor", "persistSession", "restoreSession"];

/**
 * The two adapters that socket.io takes by itself, which know only this process. Told by their shape: in a bundle there is no
 * module to compare with, and a minified class has lost its name.
 */
export function isInMemoryAdapter(adapter: AdapterConstructor | undefined): boolean {
  if (adapter === undefined || isPlainAdapter(adapter)) return true;
  if (!isPlainAdapter(Object.getPrototypeOf(adapter))) return false;
  return Object.getOwnPropertyNames(adapter.prototype).sort().join() === OF_RECOVERY.join();
}

function isPlainAdapter(adapter: AdapterConstructor): boolean {
  if (Object.getPrototypeOf(adapter) !== EventEmitter) return false;
  const { prototype } = adapter as unknown as { prototype: object };
  return ["addAll", "broadcast", "fetchSockets", "restoreSession"].every((name) =>
    Object.hasOwn(prototype, name),
  );
}
