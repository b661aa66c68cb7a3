/**
 * Worker: the library form. `holdfast(io)` joins this process to the others of its fleet without a primary: under PM2, systemd, a
 * container, or in a bundle that no preload can see into. Under `holdfast start` it only adopts what was not adopted yet.
 */

import { Server } from "node:net";
import { currentRuntime } from "../current-runtime.js";
import { type Engine, isEngine } from "../internals/engine.js";
import { isInMemoryAdapter, type SocketIoServer } from "../internals/socket-io.js";
import type { Runtime } from "../runtime.js";
import { join, type Membership, membershipOf, warn } from "./membership.js";
import type { DrainRequest, HoldfastOptions } from "./options.js";

export type { DrainRequest, HoldfastOptions } from "./options.js";

const NO_HTTP_SERVER =
  "A bare Engine.IO server does not tell which HTTP server it stands behind: no PROXY header is read there. Give holdfast() a Socket.IO server.";

export type Holdfast = {
  /** Number of this process in its fleet. */
  readonly slot: number;
  /** Settles once the other workers that run are connected. */
  readonly ready: Promise<void>;
  /** Leaves the fleet. Sessions stay open here, but their strays are no longer brought. */
  close(): void;
  /**
   * The orderly end, for the app's own handler of SIGINT or SIGTERM: this process takes no new session and no new connection, closes
   * its sessions in batches so that their clients connect to the others, answers what is in flight, and leaves the fleet. It does not
   * end the process. Under `holdfast start`, which drains by itself, it does nothing.
   * @returns how many sessions were told to reconnect; a second call waits for the first
   */
  drain(request?: DrainRequest): Promise<number>;
};

/**
 * Joins a Socket.IO server (or a bare Engine.IO server) to the fleet. Call it before the first client connects.
 * An adapter that was set to anything but the in-memory ones is left alone.
 * @throws {TypeError} when `io` is neither
 * @throws {HoldfastError} ERR_RUNTIME_DIRECTORY, ERR_FLEET_NAME, ERR_SETTING, ERR_USAGE, ERR_NO_SLOT, ERR_CLAIM_LOCK
 */
export function holdfast(io: object, options: HoldfastOptions = {}): Holdfast {
  const known = currentRuntime();
  const joined = known === undefined ? join(options) : membershipOf(known);
  const runtime = known ?? (joined as Membership).runtime;
  if (!isEngine(io)) adoptServer(io as Partial<SocketIoServer>, runtime);
  else {
    runtime.adopt(io);
    if (joined !== undefined && runtime.proxyHeaders !== undefined) warn(NO_HTTP_SERVER);
  }
  joined?.apps.add(io);
  return {
    slot: runtime.settings.slot,
    ready: joined?.ready ?? Promise.resolve(),
    close: () => joined?.close(),
    drain: async (request) => (await joined?.drain(request)) ?? 0,
  };
}

function adoptServer(io: Partial<SocketIoServer>, runtime: Runtime): void {
  if (typeof io.adapter !== "function" || typeof io.bind !== "function") {
    throw new TypeError("holdfast(io) takes a Socket.IO server (4.6 or later) or an Engine.IO server.");
  }
  const server = io as SocketIoServer;
  if (isInMemoryAdapter(server.adapter())) server.adapter(runtime.adapter);
  if (isEngine(server.engine)) {
    runtime.adopt(server.engine);
    readProxyHeaders(server, runtime);
    return;
  }
  const bind = server.bind.bind(server);
  server.bind = (engine: Engine) => {
    if (isEngine(engine)) runtime.adopt(engine);
    readProxyHeaders(server, runtime);
    return bind(engine);
  };
}

/** A server that the app gives its engine itself is not known here. */
function readProxyHeaders({ httpServer }: SocketIoServer, { proxyHeaders }: Runtime): void {
  if (httpServer instanceof Server) proxyHeaders?.cover(httpServer);
}
