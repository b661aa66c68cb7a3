/**
 * Worker: the library form. `holdfast(io)` joins this process to the others of its fleet without a primary: under PM2, systemd, a
 * container, or in a bundle that no preload can see into. Under `holdfast start` it only adopts what was not adopted yet.
 */

import { codeOf, messageOf } from "../base/errors.js";
import { defaultFleetName } from "../config/default-name.js";
import type { PolicyName } from "../config/policy-names.js";
import { ensureFleetDirectory, fleetDirectory } from "../protocol/runtime-directory.js";
import { claimSlot, releaseSlot } from "./claim-slot.js";
import { currentRuntime, setCurrentRuntime } from "./current-runtime.js";
import { type Engine, isEngine } from "./internals/engine.js";
import { isInMemoryAdapter, type SocketIoServer } from "./internals/socket-io.js";
import { Runtime } from "./runtime.js";

export type HoldfastOptions = {
  /** Processes of one name on one host are one fleet. Default: `HOLDFAST_NAME`, else the name in the app's package.json. */
  readonly name?: string;
  /** Slot to try first, 0..1295. Default: `HOLDFAST_SLOT`, else `NODE_APP_INSTANCE`. Taken ones are skipped. */
  readonly slot?: number;
  /** Chooses the slot of a new session. Default `least-sessions`. */
  readonly policy?: PolicyName;
  /** Addresses and networks whose `X-Forwarded-For` is believed; also `loopback`, `linklocal`, `uniquelocal`. */
  readonly trustProxy?: readonly string[];
};

export type Holdfast = {
  /** Number of this process in its fleet. */
  readonly slot: number;
  /** Settles once the other workers that run are connected. */
  readonly ready: Promise<void>;
  /** Leaves the fleet. Sessions stay open here, but their strays are no longer brought. */
  close(): void;
};

/**
 * Joins a Socket.IO server (or a bare Engine.IO server) to the fleet. Call it before the first client connects.
 * An adapter that was set to anything but the in-memory ones is left alone.
 * @throws {TypeError} when `io` is neither
 * @throws {HoldfastError} ERR_RUNTIME_DIRECTORY, ERR_NO_SLOT, ERR_CLAIM_LOCK
 */
export function holdfast(io: object, options: HoldfastOptions = {}): Holdfast {
  const known = currentRuntime();
  const joined = known === undefined ? join(options) : undefined;
  const runtime = known ?? (joined as Joined).runtime;
  if (isEngine(io)) runtime.adopt(io);
  else adoptServer(io as Partial<SocketIoServer>, runtime);
  return {
    slot: runtime.settings.slot,
    ready: joined?.ready ?? Promise.resolve(),
    close: () => joined?.close(),
  };
}

type Joined = { readonly runtime: Runtime; readonly ready: Promise<void>; close(): void };

function join(options: HoldfastOptions): Joined {
  const fleet =
    options.name ?? process.env.HOLDFAST_NAME ?? defaultFleetName(process.argv[1] ?? process.cwd());
  const directory = fleetDirectory(fleet);
  ensureFleetDirectory(directory);
  const slot = claimSlot(directory, preferredSlot(options));
  const settings = {
    fleet,
    directory,
    host: 0,
    slot,
    generation: 0,
    policy: options.policy ?? "least-sessions",
    trustProxy: options.trustProxy ?? [],
  } as const;
  const runtime = new Runtime(settings, (sentence) =>
    process.emitWarning(sentence, { type: "HoldfastWarning" }),
  );
  setCurrentRuntime(runtime);
  const close = (): void => {
    process.off("exit", close);
    setCurrentRuntime(undefined);
    runtime.close();
    releaseSlot(directory, slot);
  };
  process.on("exit", close);
  return { runtime, ready: start(runtime), close };
}

/** A fleet that cannot be joined must not cost the app its own clients: it is said, and this process serves alone. */
async function start(runtime: Runtime): Promise<void> {
  try {
    await runtime.start();
    runtime.setReady(true);
  } catch (error) {
    const code = codeOf(error);
    process.emitWarning(
      `This process could not join the fleet "${runtime.settings.fleet}": ${messageOf(error)}`,
      {
        type: "HoldfastWarning",
        ...(code === undefined ? {} : { code }),
      },
    );
  }
}

function preferredSlot({ slot }: HoldfastOptions): number | undefined {
  if (slot !== undefined) return slot;
  const given = process.env.HOLDFAST_SLOT ?? process.env.NODE_APP_INSTANCE;
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : undefined;
}

function adoptServer(io: Partial<SocketIoServer>, runtime: Runtime): void {
  if (typeof io.adapter !== "function" || typeof io.bind !== "function") {
    throw new TypeError("holdfast(io) takes a Socket.IO server (4.6 or later) or an Engine.IO server.");
  }
  const server = io as SocketIoServer;
  if (isInMemoryAdapter(server.adapter())) server.adapter(runtime.adapter);
  if (isEngine(server.engine)) {
    runtime.adopt(server.engine);
    return;
  }
  const bind = server.bind.bind(server);
  server.bind = (engine: Engine) => {
    if (isEngine(engine)) runtime.adopt(engine);
    return bind(engine);
  };
}
