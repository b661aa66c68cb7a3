/** Worker without a primary: joins its fleet, and leaves it: at once, or in order. */

import cluster from "node:cluster";
import type { Server } from "node:net";
import { codeOf, messageOf } from "../../base/errors.js";
import { defaultFleetName, fleetNameOf } from "../../config/default-name.js";
import { ensureFleetDirectory, fleetDirectory } from "../../protocol/runtime-directory.js";
import { setCurrentRuntime } from "../current-runtime.js";
import { drain } from "../drain.js";
import type { Engine } from "../internals/engine.js";
import { serverOfSocket } from "../internals/http.js";
import { httpServerOf } from "../internals/socket-io.js";
import { Runtime } from "../runtime.js";
import { type Claim, claimSlot } from "./claims/claim-slot.js";
import { type Pm2, pm2Of } from "./claims/manager.js";
import { wishedSlot } from "./claims/wished-slot.js";
import { hostNumber } from "./host-number.js";
import { libraryNetwork } from "./network-settings.js";
import type { DrainRequest, HoldfastOptions } from "./options.js";

/** What a process without a primary has to do with its fleet. */
export type Membership = {
  readonly runtime: Runtime;
  readonly ready: Promise<void>;
  /** The servers that were given to `holdfast()`. */
  readonly apps: Set<object>;
  close(): void;
  drain(request?: DrainRequest): Promise<number>;
};

/** For an app that calls `holdfast()` for several servers. */
const memberships = new WeakMap<Runtime, Membership>();

/** Undefined under `holdfast start`. */
export const membershipOf = (runtime: Runtime): Membership | undefined => memberships.get(runtime);

/** Without PM2 there is time: systemd waits 90 s, Kubernetes 30 s. Milliseconds. */
const DRAIN_WITHIN = 8000;
/** What the app does after the drain must fit in before PM2 kills it. Milliseconds. */
const BEFORE_KILL = 200;

/** @throws what `holdfast()` does, but for its TypeError */
export function join(options: HoldfastOptions): Membership {
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

export const warn = (sentence: string, code?: string): void =>
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
  runtime.leave();
  const { carried } = runtime;
  const { engines } = runtime.router;
  const servers = new Set<Server>();
  for (const server of [...[...apps].map(httpServerOf), ...engines.flatMap(serversOf)])
    if (server !== undefined) servers.add(server);
  const closed = await drain({ servers: [...servers], engines, within, carried });
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
    runtime.ready();
  } catch (error) {
    warn(
      `This process could not join the fleet "${runtime.settings.fleet}": ${messageOf(error)}`,
      codeOf(error),
    );
  }
}
