/** Primary: one fleet from its first worker to its last; everything that it opened is closed when it returns. */

import { rmdirSync, rmSync } from "node:fs";
import { packageVersion } from "../base/version.js";
import { adminAddressText } from "../config/admin-address.js";
import type { FleetSettings } from "../config/settings.js";
import { boardFiles, fleetDirectory, primarySocket } from "../protocol/runtime-directory.js";
import { AdminServer } from "./admin/admin-server.js";
import { BridgeKeeper } from "./bridge/bridge-keeper.js";
import { ControlServer } from "./control.js";
import { finalWords } from "./final-words.js";
import { type Finish, Fleet, type FleetEnv, type FleetOptions } from "./fleet.js";
import { FleetLock } from "./fleet-lock.js";
import { checkListenInternals } from "./internals/listen-handle.js";
import { wantedSlots } from "./lifecycle/queries.js";
import { Listeners } from "./listeners.js";
import { Log, type LogEntry } from "./log.js";
import { LogHistory } from "./log-history.js";
import type { FleetMemory } from "./memory.js";
import { watchOrphans } from "./orphans.js";
import { OutputTarget } from "./output.js";
import { Reloader, type ReloaderOptions, type StartPlan } from "./reloader.js";
import { onSignals } from "./signals.js";
import { ensureSlotFolder } from "./slot-folder.js";
import { Systemd } from "./systemd/systemd.js";
import { removeAllWorkerFiles, removeDeadSockets, removeWorkerFiles } from "./worker-files.js";
import { WorkerStarter } from "./worker-starter.js";

export type PrimaryOptions = Pick<ReloaderOptions, "read"> & {
  /** URL of what is loaded in a worker before the app. */
  readonly preload?: string;
};

const PRELOAD = new URL("../worker/preload.js", import.meta.url).href;
/** Longest delay of a timer in Node. Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Runs the fleet until it is told to stop, or cannot go on.
 * @returns the exit code: 0 stopped, 1 somebody had to be killed, 3 gave up, 4 the app could not be loaded
 * @throws {HoldfastError} before any worker was started: ERR_FLEET_RUNNING, ERR_RUNTIME_DIRECTORY, ERR_NODE_VERSION, ERR_LISTEN_FOLDER, …
 */
export async function runPrimary(plan: StartPlan, options: PrimaryOptions): Promise<number> {
  const { settings } = plan;
  checkListenInternals();
  const systemd = Systemd.take(process.env);
  const directory = fleetDirectory(settings.name);
  ensureSlotFolder(settings, systemd.sockets);
  const lock = await FleetLock.acquire(directory, settings.name);
  const cleanUp = (): void => removeEverything(directory, lock);
  process.once("exit", cleanUp);
  try {
    clearLeftovers(directory);
    return await supervise(plan, { directory, systemd }, options);
  } finally {
    process.off("exit", cleanUp);
    cleanUp();
  }
}

/** The folder goes too, unless somebody left something there and may want it. */
function removeEverything(directory: string, lock: FleetLock): void {
  removeAllWorkerFiles(directory);
  for (const file of boardFiles(directory)) rmSync(file, { force: true });
  rmSync(primarySocket(directory), { force: true });
  lock.release();
  try {
    rmdirSync(directory);
  } catch {
    // Not empty.
  }
}

/** Of a primary that was killed. Its workers may still be draining: their sockets answer and stay. */
function clearLeftovers(directory: string): void {
  for (const file of boardFiles(directory)) rmSync(file, { force: true });
  removeDeadSockets(directory);
}

type Surroundings = { readonly directory: string; readonly systemd: Systemd };

async function supervise(
  plan: StartPlan,
  { directory, systemd }: Surroundings,
  options: PrimaryOptions,
): Promise<number> {
  const { settings } = plan;
  // A command may end when its reader leaves; a fleet is not ended by that.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  const history = new LogHistory();
  const outputs = {
    stdout: new OutputTarget(process.stdout),
    stderr: new OutputTarget(process.stderr),
    history,
  };
  const log = new Log({ format: settings.log, name: settings.name, ...outputs });
  const listeners = new Listeners(systemd.sockets);
  const workers = new WorkerStarter(plan, { directory, preload: options.preload ?? PRELOAD });
  const onChange = (): void => systemd.onChange();
  const site = settings.site && { held: isHeld(settings), site: () => bridge?.status() ?? null };
  const fleet = newFleet(settings, workers, directory, { outputs, log, listeners, onChange, ...site });
  const bridge = bridgeOf(settings, fleet, workers, directory);
  systemd.watch(fleet, log);
  const reloader = new Reloader({
    fleet,
    log,
    plan,
    env: process.env,
    read: options.read,
    use: (next, env) => fleet.renew(next.settings, workers.renew(next, env)),
    onRefused: () => systemd.onReloadRefused(),
  });
  const control = controlOf(fleet, reloader, history, directory);
  const admin = settings.admin && new AdminServer(settings.admin, fleet);
  const ignoreSignals = onSignals((event) =>
    event.type === "reload" ? void reloader.reload(event) : fleet.post(event),
  );
  const ignoreFaults = onFault(fleet, log);
  const ignoreOrphans = watchOrphans(
    () => new Set([...pidsOf(fleet), ...(bridge?.pid === undefined ? [] : [bridge.pid])]),
    (entry) => log.write(entry),
  );
  try {
    await admin?.listen();
    await control.listen();
    sayAtStart(settings, fleet.options.memory, log);
    bridge?.start();
    if (!isHeld(settings)) fleet.post({ type: "start" });
    const finish = await fleet.ended;
    await bridge?.leave();
    const words = sayGoodbye(finish, settings, log);
    await systemd.close(words?.text);
    return finish.exitCode;
  } finally {
    listeners.closeAll();
    await control.close();
    await admin?.close();
    ignoreOrphans();
    ignoreFaults();
    ignoreSignals();
    await Promise.all([outputs.stdout.flush(), outputs.stderr.flush()]);
  }
}

function pidsOf(fleet: Fleet): Set<number> {
  return new Set([...fleet.workers.values()].flatMap(({ pid }) => pid ?? []));
}

function sayAtStart({ admin, workers }: FleetSettings, memory: FleetMemory, log: Log): void {
  const announcement = memory.announcement(workers);
  if (announcement?.level === "info") log.write(announcement);
  if (admin === undefined) return;
  const url = `http://${adminAddressText(admin)}`;
  log.write({ level: "info", event: "admin", text: `answers /readyz and others on ${url}`, fields: { url } });
}

/** Sids name their host: without its number no worker can be started. */
function isHeld({ site }: FleetSettings): boolean {
  return site !== undefined && site.hostNumber === undefined;
}

function bridgeOf(
  settings: FleetSettings,
  fleet: Fleet,
  starter: WorkerStarter,
  directory: string,
): BridgeKeeper | undefined {
  const { site, name } = settings;
  const { outputs, log } = fleet.options;
  if (site === undefined) return undefined;
  return new BridgeKeeper({
    ...{ site, fleet: name, directory, outputs },
    relays: settings.adapter === undefined,
    load: () => ({ workers: wantedSlots(fleet.state).length, sessions: fleet.sessions }),
    write: (entry) => log.write(entry),
    joined: (host) => {
      starter.host = host;
      fleet.post({ type: "start" });
    },
    cannotJoin: (why) => fleet.post({ type: "cannot-join", ...why }),
  });
}

type Parts = Pick<FleetOptions, "outputs" | "log" | "listeners" | "held" | "site" | "onChange">;

function newFleet(settings: FleetSettings, workers: WorkerStarter, directory: string, parts: Parts): Fleet {
  const env: FleetEnv = {
    now: () => performance.now(),
    fork: (place) => workers.start(place),
    setTimer,
  };
  const removeFiles = (slot: number, alone: boolean): void => removeWorkerFiles(directory, slot, alone);
  const { memory } = workers;
  return new Fleet({ settings, version: packageVersion(), env, removeFiles, memory, ...parts });
}

/** What workers said before the deadline is read first: a machine that slept must not cost a ready worker its life. */
function setTimer(callback: () => void, delay: number): () => void {
  let cancelled = false;
  const timer = setTimeout(() => setImmediate(() => cancelled || callback()), Math.min(delay, LONGEST_TIMER));
  return () => {
    cancelled = true;
    clearTimeout(timer);
  };
}

function controlOf(fleet: Fleet, reloader: Reloader, logs: LogHistory, directory: string): ControlServer {
  return new ControlServer(primarySocket(directory), {
    status: () => fleet.status(),
    stop: () => fleet.post({ type: "stop", by: "holdfast stop", signal: false }),
    reload: (order) => reloader.reload({ ...order, by: "holdfast reload" }),
    scale: ({ workers: to, rebalance = false }) =>
      fleet.ask({ type: "scale", to, by: "holdfast scale", ...(rebalance && { rebalance }) }),
    logs,
  });
}

/** A fault of the primary itself: nobody would look after the workers. @returns a function that stops listening */
function onFault(fleet: Fleet, log: Log): () => void {
  const listener = (error: Error): void => {
    const text = `has a fault and ends, with all workers: ${error.stack ?? error.message}`;
    log.write({ level: "error", event: "fault", text });
    fleet.killAll();
    process.exit(1);
  };
  process.on("uncaughtException", listener);
  return () => process.off("uncaughtException", listener);
}

/** @returns why it ended, unless it was told to */
function sayGoodbye(finish: Finish, settings: FleetSettings, log: Log): LogEntry | undefined {
  const words = finalWords(finish, settings.entry);
  const fields = { exitCode: finish.exitCode };
  log.write(words ?? { level: "info", event: "stopped", text: "stopped", fields });
  return words;
}
