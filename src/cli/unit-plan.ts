/** CLI: from the command line of `holdfast unit` to the plan of its files. Looks at the app and at the machine; writes nothing. */

import { statSync } from "node:fs";
import { isIP, isIPv6 } from "node:net";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../base/errors.js";
import { loadConfig } from "../config/load-config.js";
import { resolveSettings } from "../config/resolve-settings.js";
import { longFlag, SETTINGS } from "../config/setting-table.js";
import type { FleetSettings } from "../config/settings.js";
import { slotTarget } from "../config/slot-sockets.js";
import { checkFleetName } from "../protocol/runtime-directory.js";
import type { UnitPlan } from "../unit/plan.js";
import { findEntry } from "./find-entry.js";
import { wholeNumber } from "./proxy-values.js";
import type { UnitFlags } from "./unit-options.js";
import { environmentOf, refuseSecrets } from "./unit-secrets.js";

export type UnitRequest = {
  readonly entry: string;
  readonly args: readonly string[];
  readonly unit: UnitFlags;
  /** As `holdfast start` takes them. */
  readonly start: Readonly<Record<string, string | boolean>>;
};

/** The first whose systemd-notify waits until it was heard: without that a message may be lost. */
const OLDEST_SYSTEMD = 246;
const NEWEST_SYSTEMD = 9999;
const FIRST_FREE_PORT = 1024;
const HOLDFAST = fileURLToPath(new URL("./main.js", import.meta.url));

/**
 * @throws {UsageError} for a flag that cannot be used, and what `holdfast start` would throw for its own
 * @throws {HoldfastError} ERR_APP_LOAD
 */
export async function planOf({ entry: written, args, unit, start }: UnitRequest): Promise<UnitPlan> {
  const { cwd, config, ...flags } = start;
  const folder = resolve(textOf(cwd) ?? ".");
  const entry = findEntry(written, folder);
  const file = await loadConfig(folder, textOf(config));
  const variables = (unit.env ?? []).map(variable);
  const files = unit.environmentFile ?? [];
  // What this shell has set does not hold for the service.
  const env = environmentOf(variables, files.length > 0, flags.adapter ?? file?.values.adapter);
  const settings = resolveSettings(entry, args, { flags: settingFlags(flags), env, file });
  refuseSecrets(flags, variables, settings.name);
  const scope = unit.user ? "user" : "system";
  const plan: UnitPlan = {
    name: checkFleetName(settings.name),
    node: resolve(unit.node ?? process.execPath),
    holdfast: HOLDFAST,
    entry,
    args,
    startFlags: startFlags(flags, textOf(config)),
    nodeArgs: settings.nodeArgs,
    folder,
    scope,
    runAs: scope === "user" ? "" : runAs(unit.runAs, entry),
    systemdVersion: wholeNumber(
      "--systemd-version",
      unit.systemdVersion ?? `${OLDEST_SYSTEMD}`,
      OLDEST_SYSTEMD,
      NEWEST_SYSTEMD,
    ),
    environment: variables,
    environmentFiles: files.map((path) => resolve(path)),
    writable: (unit.writable ?? []).map((path) => resolve(path)),
    stopsWithin: settings.shutdownDelay + settings.drainTimeout,
    listen: settings.listen,
    lowPort: lowestPort(settings) < FIRST_FREE_PORT,
    sockets: unit.socket ? streams(settings, flags) : undefined,
  };
  refuseOddCharacters(plan);
  return plan;
}

const textOf = (value: string | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

function settingFlags({ instances, ...flags }: UnitRequest["start"]): UnitRequest["start"] {
  if (instances === undefined) return flags;
  if (flags.workers === undefined) return { ...flags, workers: instances };
  throw refusal("--workers and --instances mean the same: write one of them");
}

/** As they were written; the name stands in the unit anyway. */
function startFlags(flags: UnitRequest["start"], config: string | undefined): string[] {
  const given = settingFlags(flags);
  const settings = SETTINGS.filter(({ key }) => key !== "name" && given[key] !== undefined);
  const words = settings.flatMap((setting) => {
    const value = given[setting.key];
    return typeof value === "string" ? [longFlag(setting), value] : [longFlag(setting)];
  });
  return config === undefined ? words : [...words, "--config", config];
}

/** Not root by chance: a service that runs as root is asked for. */
function runAs(written: string | undefined, entry: string): string {
  if (written !== undefined) {
    if (/^[A-Za-z_][\w.-]{0,30}\$?$/.test(written)) return written;
    throw refusal(`--run-as must be the name of a user, but is "${written}"`);
  }
  const { uid, username } = userInfo();
  if (uid > 0) return username;
  const owner = statSync(entry).uid;
  if (owner > 0) return `${owner}`;
  throw refusal("Say whose processes they are to be: --run-as chat (a user of its own is best)");
}

function variable(written: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(written) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw refusal(`--env must be NAME=value, but is "${written}"`);
}

function lowestPort({ port, listen }: FleetSettings): number {
  return (listen?.kind === "ports" ? listen.first : port) || FIRST_FREE_PORT;
}

/** What systemd is to open: the one socket of all workers, or one for each. */
function streams(settings: FleetSettings, flags: UnitRequest["start"]): string[] {
  const { listen, port, host, workers } = settings;
  const address = host === undefined ? "" : `${hostOf(host)}:`;
  if (listen === undefined) {
    if (port) return [`${address}${port}`];
    throw refusal(
      "--socket needs to know what systemd is to open: add --port 3000, or --listen with --workers",
    );
  }
  if (!/^\d+$/.test(`${flags.workers ?? flags.instances ?? ""}`)) {
    throw refusal(
      "--socket with --listen needs to know how many sockets systemd is to open: add --workers 4",
    );
  }
  return Array.from({ length: workers }, (_, slot) => {
    const target = slotTarget(listen, slot);
    return target.kind === "tcp" ? `${address}${target.port}` : target.path;
  });
}

function hostOf(host: string): string {
  if (isIPv6(host)) return `[${host}]`;
  if (isIP(host) !== 0) return host;
  throw refusal(
    `systemd opens sockets at addresses, not at names: write --host 127.0.0.1, not --host ${host}`,
  );
}

/** Whatever the rules of quoting say: a unit has lines, and nobody means such characters. */
function refuseOddCharacters(plan: UnitPlan): void {
  const { node, entry, folder, args, startFlags: flags, environment, environmentFiles, writable } = plan;
  const texts = [
    node,
    entry,
    folder,
    ...args,
    ...flags,
    ...environment.flat(),
    ...environmentFiles,
    ...writable,
  ];
  const odd = texts.find((text) => /\p{Cc}/u.test(text));
  if (odd !== undefined)
    throw refusal(
      `A unit cannot hold line feeds and other control characters, but ${JSON.stringify(odd)} has one`,
    );
}

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_USAGE", `${sentence}.`);
}
