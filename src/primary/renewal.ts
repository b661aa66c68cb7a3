/** Primary, pure: the settings of a fleet that runs, after its configuration was read again: what of it holds from now on. */

import type { FleetSettings } from "../config/settings.js";
import { SYSTEMD_VARIABLES } from "./systemd/environment.js";

/** Settings that belong to the fleet as it was started. */
const FIXED = [
  "name",
  "port",
  "host",
  "listen",
  "admin",
  "hostNumber",
  "site",
  "adapter",
  "log",
  "prefix",
] as const;

/** Variables that say how a command itself was started, and not how the app is to run. */
const NOT_TAKEN: ReadonlySet<string> = new Set([
  "HOLDFAST_RUNTIME_DIR",
  "HOLDFAST_CWD",
  "HOLDFAST_CONFIG",
  "PWD",
  "OLDPWD",
  "SHLVL",
  "_",
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  "NODE_UNIQUE_ID",
  ...SYSTEMD_VARIABLES,
]);

export type Renewal = {
  readonly settings: FleetSettings;
  /** A sentence for each setting that has another value now and keeps the old one. */
  readonly warnings: readonly string[];
};

/**
 * @param running what holds now @param read what the sources say @param before what they said when they were last read
 * @param workers how many there are: `holdfast scale` may have changed that
 */
export function renewedSettings(
  running: FleetSettings,
  read: FleetSettings,
  { before, workers }: { before: FleetSettings; workers: number },
): Renewal {
  const changed = FIXED.filter((key) => !isSame(running[key], read[key]));
  const warnings = changed.flatMap((key) => namesOf(key, running, read)).map(needsRestart);
  if (read.workers !== before.workers && read.workers !== workers) warnings.push(needsScale(read, workers));
  const kept = Object.fromEntries([...FIXED, "workers" as const].map((key) => [key, running[key]]));
  return { settings: { ...read, ...kept } as FleetSettings, warnings };
}

/** Variables of whoever asks are set over those of the fleet; none is removed. */
export function renewedEnvironment(
  env: NodeJS.ProcessEnv,
  given: Readonly<Record<string, string>> | undefined,
): NodeJS.ProcessEnv {
  const taken = Object.entries(given ?? {}).filter(([name]) => !NOT_TAKEN.has(name));
  return { ...env, ...Object.fromEntries(taken) };
}

/** A site is one value made of several settings; none of them is said twice. */
function namesOf(key: (typeof FIXED)[number], running: FleetSettings, read: FleetSettings): string[] {
  if (key !== "site") return [key];
  const [before, after] = [running, read].map(({ site }) => new Map(Object.entries(site ?? {})));
  if (before?.size === 0 || after?.size === 0) return ["redis"];
  const names = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...names].filter((name) => name !== "hostNumber" && !isSame(before?.get(name), after?.get(name)));
}

const needsRestart = (key: string): string =>
  `The setting "${key}" has another value now and keeps its old one: it takes effect with holdfast stop and start.`;

const needsScale = (read: FleetSettings, workers: number): string =>
  `The setting "workers" is ${read.workers} now, and the fleet keeps its ${workers}: holdfast scale ${read.workers} changes that.`;

/** Values are text, numbers and plain objects of these. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
