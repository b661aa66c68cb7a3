/**
 * Worker: the parts of engine.io that Holdfast touches, in one place. Proven on engine.io 6.4 (socket.io 4.6) to 6.6 (4.8).
 * Public and documented: `generateId`, `handleRequest`, `handleUpgrade`, `clientsCount`, `on("connection" | "initial_headers")`.
 * Private: `clients` (sid -> session), `middlewares` (of `engine.use`, since 6.4), `init()` (called once by the constructor, again at each `listening`).
 */

import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export type EngineSession = EventEmitter & {
  readonly id: string;
  readonly request: IncomingMessage | undefined;
  close(discard?: boolean): void;
};

export type Engine = EventEmitter & {
  clients: Record<string, EngineSession>;
  readonly middlewares?: readonly unknown[];
  generateId(request: IncomingMessage): string | Promise<string>;
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
};

type EngineServerClass = { prototype: { init?: () => void } };

export function hasSession(engine: Engine, sid: string): boolean {
  return Object.hasOwn(engine.clients, sid);
}

/** Whether the app looks at requests of open sessions, too: by `engine.use`, or by listening for `headers`. At a handshake it always may. */
export function looksAtRequests(engine: Engine): boolean {
  return (engine.middlewares?.length ?? 0) > 0 || engine.listenerCount("headers") > 0;
}

/** Something that looks like the engine of `socket.io` 4 or a server of `engine.io` 6. */
export function isEngine(value: unknown): value is Engine {
  const engine = value as Partial<Engine> | undefined;
  return (
    typeof engine?.handleRequest === "function" &&
    typeof engine.handleUpgrade === "function" &&
    typeof engine.clients === "object"
  );
}

/**
 * Calls `adopt` for every engine that this copy of engine.io makes from now on, before the app sees it.
 * @returns false where it makes them in another way, and nobody will be called
 */
export function onEngineCreated(serverClass: EngineServerClass, adopt: (engine: Engine) => void): boolean {
  const init = serverClass.prototype.init;
  if (typeof init !== "function") return false;
  serverClass.prototype.init = function (this: Engine) {
    init.call(this);
    adopt(this);
  };
  return true;
}
