/**
 * Worker: the library form. `holdfast(io)` joins this process to the others of its fleet without a primary: under PM2, systemd, a
 * container, or in a bundle that no preload can see into. Under `holdfast start` it only adopts what was not adopted yet.
 */

import cluster from "node:cluster";
import { Server } from "node:net";
import { codeOf, messageOf } from "../base/errors.js";
import { defaultFleetName, fleetNameOf } from "../config/default-name.js";
import { ensureFleetDirectory, fleetDirectory } from "../protocol/runtime-directory.js";
import { type Claim, claimSlot } from "./claims/claim-slot.js";
import { type Pm2, pm2Of } from "./claims/manager.js";
import { wishedSlot } from "./claims/wished-slot.js";
import { currentRuntime, setCurrentRuntime } from "./current-runtime.js";
import { drain } from "./drain.js";
import { hostNumber } from "./host-number.js";
import { type Engine, isEngine } from "./internals/engine.js";
import { serverOfSocket } from "./internals/http.js";
import { httpServerOf, isInMemoryAdapter, type SocketIoServer } from "./internals/socket-io.js";
import { type LibraryNetworkOptions, libraryNetwork } from "./library-settings.js";
import { Runtime } from "./runtime.js";

export type HoldfastOptions = LibraryNetworkOptions & {
  /** Processes of one name on one host are one fleet. Default: `HOLDFAST_NAME`, else PM2's name of the app, else the name in its package.json. */
  readonly name?: string;
  /** Slot to try first, 0..1295. Default: `HOLDFAST_SLOT`, else `NODE_APP_INSTANCE`. One that another process has is skipped, with a warning. */
  readonly slot?: number;
  /** Number of this host, 0..1295, where several stand behind one proxy; sids begin with it. Default: `HOLDFAST_HOST_NUMBER`, else 0. */
  readonly hostNumber?: number;
};

export type DrainRequest = {
  /** Milliseconds until all must be closed. Default 8000; under PM2 its `kill_timeout` less 200. */
  readonly within?: number;
};

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
  const joined = known === undefined ? join(options) : memberships.get(known);
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

const NO_HTTP_SERVER =
  "A bare Engine.IO server does not tell which HTTP server it stands behind: no PROXY header is read there. Give holdfast() a Socket.IO server.";

/** What a process without a primary has to do with its fleet. */
type Membership = {
  readonly runtime: Runtime;
  readonly ready: Promise<void>;
  /** The servers that were given to `holdfast()`. */
  readonly apps: Set<object>;
  close(): void;
  drain(request?: DrainRequest): Promise<number>;
};

/** For an app that calls `holdfast()` for several servers. */
const memberships = new WeakMap<Runtime, Membership>();

/** Without PM2 there is time: systemd waits 90 s, Kubernetes 30 s. Milliseconds. */
const DRAIN_WITHIN = 8000;
/** What the app does after the drain must fit in before PM2 kills it. Milliseconds. */
const BEFORE_KILL = 200;

function join(options: HoldfastOptions): Membership {
  const network = libraryNetwork(options, process.env);
  const pm2 = pm2Of(process.env, { parentPid: process.ppid, clusterWorker: cluster.isWorker });
  const fleet = options.name ?? (process.env.HOLDFAST_NAME || defaultName(pm2));
  const host = hostNumber(options.hostNumber);
  const directory = fleetDirectory(fleet);
  ensureFleetDirectory(directory);
  const claim = takeSlot(directory, options, pm2);
  const settings = {
    fleet,
    directory,
    host,
    slot: claim.slot,
    generation: claim.generation,
    ...network,
  };
  const runtime = new Runtime(settings, warn);
  setCurrentRuntime(runtime);
  const close = (): void => {
    process.off("exit", close);
    setCurrentRuntime(undefined);
    runtime.close();
    claim.release();
  };
  process.on("exit", close);
  const ready = start(runtime);
  runtime.router.startsWith(ready);
  const apps = new Set<object>();
  const within = pm2 === undefined ? DRAIN_WITHIN : Math.max(pm2.killTimeout - BEFORE_KILL, BEFORE_KILL);
  let drained: Promise<number> | undefined;
  const membership: Membership = {
    runtime,
    ready,
    apps,
    close,
    drain: (request) => {
      drained ??= leave(membership, request?.within ?? within);
      return drained;
    },
  };
  memberships.set(runtime, membership);
  return membership;
}

/** Under PM2 `process.argv[1]` is a file of PM2's own, so that all apps would be one fleet. */
const defaultName = (pm2: Pm2 | undefined): string =>
  pm2 === undefined ? defaultFleetName(process.argv[1] ?? process.cwd()) : fleetNameOf(pm2.name);

const warn = (sentence: string, code?: string): void =>
  process.emitWarning(sentence, { type: "HoldfastWarning", ...(code === undefined ? {} : { code }) });

/** Says so where a slot that somebody named is another process's: whatever sends requests to this one expects that slot here. */
function takeSlot(directory: string, { slot: option }: HoldfastOptions, pm2: Pm2 | undefined): Claim {
  const { slot, named } = wishedSlot(option, process.env, pm2?.instance);
  const claim = claimSlot(directory, { slot, managed: pm2?.managed ?? "" });
  if (named !== undefined && claim.slot !== slot) {
    const holder = claim.refusedBy === undefined ? "another process" : `process ${claim.refusedBy.pid}`;
    warn(
      `${named} is ${slot}, and ${holder} has that slot: this process took slot ${claim.slot}. Give each process a slot of its own.`,
      "ERR_SLOT_TAKEN",
    );
  }
  return claim;
}

async function leave({ runtime, apps, close }: Membership, within: number): Promise<number> {
  runtime.setReady(false);
  const { engines } = runtime.router;
  const servers = new Set<Server>();
  for (const server of [...[...apps].map(httpServerOf), ...engines.flatMap(serversOf)])
    if (server !== undefined) servers.add(server);
  const closed = await drain({ servers: [...servers], engines, within });
  close();
  return closed;
}

/** Those by which its sessions came. */
const serversOf = (engine: Engine): (Server | undefined)[] =>
  Object.values(engine.clients).map(({ request }) => request && serverOfSocket(request.socket));

/** A fleet that cannot be joined must not cost the app its own clients: it is said, and this process serves alone. */
async function start(runtime: Runtime): Promise<void> {
  try {
    await runtime.start();
    runtime.setReady(true);
  } catch (error) {
    warn(
      `This process could not join the fleet "${runtime.settings.fleet}": ${messageOf(error)}`,
      codeOf(error),
    );
  }
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
