/** Primary: starts one worker: the app in a process of its own, with Holdfast loaded before it. */

import { type ChildProcess, fork } from "node:child_process";
import type { FleetSettings } from "../config/settings.js";
import { slotTarget } from "../config/slot-sockets.js";
import { WORKER_SETTINGS, type WorkerSettings } from "../protocol/environment.js";

export type SpawnOptions = {
  readonly settings: FleetSettings;
  /** The number of this host. */
  readonly host: number;
  /** The fleet's runtime directory. */
  readonly directory: string;
  /** Where the app runs. */
  readonly folder: string;
  /** URL of the module that is loaded before everything else. */
  readonly preload: string;
  /** Arguments that make node understand a TypeScript entry, and what their loader wants in the environment. */
  readonly loaderArgs: readonly string[];
  readonly loaderEnv: Readonly<Record<string, string>>;
  /** Arguments for node that depend on how many workers there are. */
  readonly memoryArgs: (workers: number) => readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The app may print colours although it writes to a pipe. */
  readonly colours: boolean;
};

export type WorkerPlace = {
  readonly slot: number;
  readonly generation: number;
  readonly workers: number;
  /** Another worker of the slot serves until this one is told to take over. */
  readonly takesOver: boolean;
};

/** @throws the system's error when no process can be made */
export function spawnWorker(options: SpawnOptions, place: WorkerPlace): ChildProcess {
  const { settings } = options;
  const output = settings.prefix ? "pipe" : "inherit";
  return fork(settings.entry, settings.args, {
    // Ours first: what a loader loads for itself is then seen as well.
    execArgv: [
      "--import",
      options.preload,
      ...options.memoryArgs(place.workers),
      ...settings.nodeArgs,
      ...options.loaderArgs,
    ],
    cwd: options.folder,
    serialization: "advanced",
    env: workerEnvironment(options, place),
    stdio: ["ignore", output, output, "ipc"],
    detached: false,
  });
}

export function workerEnvironment(options: SpawnOptions, place: WorkerPlace): NodeJS.ProcessEnv {
  const { settings, env } = options;
  const result: NodeJS.ProcessEnv = {
    ...env,
    ...options.loaderEnv,
    [WORKER_SETTINGS]: JSON.stringify(workerSettings(options, place)),
    HOLDFAST: "1",
    HOLDFAST_NAME: settings.name,
    HOLDFAST_SLOT: String(place.slot),
    HOLDFAST_GENERATION: String(place.generation),
    HOLDFAST_WORKERS: String(place.workers),
    NODE_APP_INSTANCE: String(place.slot),
  };
  const port = portOf(settings, place.slot);
  if (port !== undefined) result.PORT = String(port);
  if (settings.host !== undefined) result.HOST = settings.host;
  if (options.colours && settings.prefix && !env.NO_COLOR) result.FORCE_COLOR ??= "1";
  // Where another process manager runs this primary as a cluster worker, our workers are none of its own.
  delete result.NODE_UNIQUE_ID;
  return result;
}

/** A path is no port: an app that reads PORT as a number would not understand it. */
function portOf({ port, listen }: FleetSettings, slot: number): number | undefined {
  const own = listen && slotTarget(listen, slot);
  return own?.kind === "tcp" ? own.port : port;
}

function workerSettings({ settings, host, directory }: SpawnOptions, place: WorkerPlace): WorkerSettings {
  return {
    fleet: settings.name,
    directory,
    host,
    ...place,
    primaryPid: process.pid,
    policy: settings.policy,
    trustProxy: settings.trustProxy,
    trustHeader: settings.trustHeader,
    proxyProtocol: settings.proxyProtocol,
    ...(settings.port !== undefined && { port: settings.port }),
    ...(settings.host !== undefined && { listenHost: settings.host }),
    ...(settings.listen !== undefined && { slotSockets: settings.listen }),
    readyOn: settings.readyOn,
    ...(settings.adapter !== undefined && { adapter: true }),
  };
}
