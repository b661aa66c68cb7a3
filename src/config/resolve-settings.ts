/** Config: merges flags, environment, file and defaults into the settings of a fleet, or says in one sentence what is wrong. */

import { resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { nearestWord } from "../base/suggest.js";
import { usableCpus } from "./cpu-count.js";
import { defaultFleetName } from "./default-name.js";
import { adapterOf, type Origin, siteOf } from "./resolve-site.js";
import { type CheckedSettings, settingsSchema } from "./schema.js";
import type { Setting, SettingKey } from "./setting.js";
import { longFlag, SETTINGS } from "./setting-table.js";
import type { FleetSettings } from "./settings.js";
import { type SlotSockets, slotSocketsProblem } from "./slot-sockets.js";
import { PROXY_PROTOCOL_NEEDS_TRUST, trustsNobody } from "./trust-proxy.js";
import { KINDS } from "./value-kinds.js";

export type SettingSources = {
  /** What was written on the command line, by setting. A flag that may be repeated holds a list. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file?: { readonly label: string; readonly values: Readonly<Record<string, unknown>> } | undefined;
  /** Processors that may be used; found out when absent. */
  readonly cpus?: number;
};

/** A value, and what an error calls it. */
type Candidate = Origin & {
  readonly value: unknown;
  readonly write: (value: unknown) => string;
};

/**
 * Flag, then environment, then file, then default.
 * @param entry absolute path of the app @param args what the app gets behind it
 * @throws {UsageError} ERR_SETTING for a value that cannot be used, ERR_UNKNOWN_SETTING for a key that the file has and we do not know,
 * ERR_USAGE for two that exclude each other
 */
export function resolveSettings(
  entry: string,
  args: readonly string[],
  sources: SettingSources,
): FleetSettings {
  refuseUnknownKeys(sources);
  const candidates = new Map(SETTINGS.map((setting) => [setting.key as string, choose(setting, sources)]));
  const values = Object.fromEntries([...candidates].map(([key, candidate]) => [key, candidate?.value]));
  const checked = settingsSchema.safeParse(values);
  if (!checked.success) throw refusal(String(checked.error.issues[0]?.path[0]), candidates);
  const settings = toFleetSettings(entry, args, checked.data, {
    ...sources,
    origin: (key) => candidates.get(key),
  });
  if (settings.listen !== undefined) checkListen(settings, settings.listen, candidates);
  if (settings.proxyProtocol && trustsNobody(settings.trustProxy)) throw needsTrust(candidates);
  return settings;
}

function choose(setting: Setting, sources: SettingSources): Candidate | undefined {
  return fromFlag(setting, sources) ?? fromEnvironment(setting, sources.env) ?? fromFile(setting, sources);
}

function fromFlag(setting: Setting, { flags }: SettingSources): Candidate | undefined {
  const written = flags[setting.key];
  if (written === undefined) return undefined;
  const flag = longFlag(setting);
  const value = typeof written === "string" ? KINDS[setting.kind].fromText(written) : written;
  return { value, where: flag, from: "flag", write: (example) => `${flag} ${asText(example)}` };
}

function fromEnvironment(setting: Setting, env: NodeJS.ProcessEnv): Candidate | undefined {
  // A variable that is empty is one that is not set: that is how compose files and units take one back.
  const variable = setting.env.find((name) => env[name] !== undefined && env[name] !== "");
  if (variable === undefined) return undefined;
  const value = KINDS[setting.kind].fromText(env[variable] ?? "");
  return {
    value,
    where: variable,
    from: "environment",
    write: (example) => `${variable}=${asText(example)}`,
  };
}

function fromFile(setting: Setting, { file }: SettingSources): Candidate {
  const write = (example: unknown): string => `${setting.key}: ${JSON.stringify(example)}`;
  const value = file?.values[setting.key];
  const from = file === undefined || value === undefined ? "default" : "file";
  if (from === "default") return { value: setting.default, where: setting.key, from, write };
  return { value, where: `${file?.label}: ${setting.key}`, from, write };
}

function asText(example: unknown): string {
  const text = Array.isArray(example) ? example.join(",") : String(example);
  return /[\s"']/.test(text) ? JSON.stringify(text) : text;
}

function refusal(key: string, candidates: Candidates): UsageError {
  const setting = SETTINGS.find((row) => row.key === key);
  const candidate = candidates.get(key);
  if (setting === undefined || candidate === undefined) throw new Error(`no setting is called ${key}`);
  const { expects, example, shown: show } = KINDS[setting.kind];
  const { value } = candidate;
  const seen = show !== undefined && typeof value === "string" ? show(value) : shown(value);
  return new UsageError(
    "ERR_SETTING",
    `${candidate.where} must be ${expects}, but is ${seen}. Write, for example, ${candidate.write(example)}`,
  );
}

type Candidates = ReadonlyMap<string, Candidate | undefined>;

/** What `--listen` says must fit what others say. */
function checkListen(settings: FleetSettings, listen: SlotSockets, candidates: Candidates): void {
  const where = candidates.get("listen")?.where;
  const written = `${where} ${String(candidates.get("listen")?.value)}`;
  if (settings.port !== undefined) {
    const port = candidates.get("port")?.where;
    const why = "the first says one socket for all workers, the second one for each";
    throw new UsageError(
      "ERR_USAGE",
      `${port} and ${where} exclude each other: ${why}. Leave one of them out.`,
    );
  }
  if (listen.kind === "pipes" && settings.host !== undefined) {
    const why = "a Unix socket has no address";
    const host = candidates.get("host")?.where;
    throw new UsageError(
      "ERR_USAGE",
      `${host} and ${written} exclude each other: ${why}. Leave one of them out.`,
    );
  }
  const problem = slotSocketsProblem(listen, settings.workers);
  if (problem !== undefined) throw new UsageError("ERR_SETTING", `${written} ${problem}.`);
}

function needsTrust(candidates: Candidates): UsageError {
  return new UsageError(
    "ERR_USAGE",
    `${candidates.get("proxyProtocol")?.where} ${PROXY_PROTOCOL_NEEDS_TRUST}`,
  );
}

/** A worker's folder may be another one than this process's. */
function absolute(listen: SlotSockets | undefined): SlotSockets | undefined {
  return listen?.kind === "pipes" ? { ...listen, folder: resolve(listen.folder) } : listen;
}

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  return JSON.stringify(value) ?? String(value);
}

function refuseUnknownKeys({ file }: SettingSources): void {
  const known = SETTINGS.map((setting) => setting.key as string);
  const unknown = Object.keys(file?.values ?? {}).find((key) => !known.includes(key));
  if (file === undefined || unknown === undefined) return;
  const near = nearestWord(unknown, known);
  throw new UsageError(
    "ERR_UNKNOWN_SETTING",
    `${file.label}: there is no setting ${JSON.stringify(unknown)}. ${near ? `Did you mean "${near}"?` : `Known are ${known.join(", ")}.`}`,
  );
}

function toFleetSettings(
  entry: string,
  args: readonly string[],
  checked: CheckedSettings,
  { origin, ...sources }: SettingSources & { readonly origin: (key: SettingKey) => Candidate | undefined },
): FleetSettings {
  const { name, workers, waitReady, ...rest } = checked;
  return {
    ...ofEveryFleet(rest),
    port: rest.port,
    host: rest.host,
    listen: absolute(rest.listen),
    admin: rest.admin,
    hostNumber: rest.hostNumber ?? 0,
    site: siteOf(checked, origin),
    adapter: adapterOf(checked, origin),
    entry,
    args,
    name: name ?? defaultFleetName(entry),
    workers: countOf(workers, sources),
    readyOn: waitReady ? "message" : "listening",
  };
}

/** What is a setting of the fleet as it stands. */
function ofEveryFleet(rest: Omit<CheckedSettings, "name" | "workers" | "waitReady">) {
  const { policy, trustProxy, trustHeader, proxyProtocol, log, prefix, nodeArgs } = rest;
  const { bootTimeout, drainTimeout, handoffTimeout, parallel, shutdownDelay } = rest;
  const { restartDelay, restartDelayMax, minUptime, maxFailures } = rest;
  return {
    ...{ policy, trustProxy, trustHeader, proxyProtocol, log, prefix, nodeArgs },
    ...{ bootTimeout, drainTimeout, handoffTimeout, parallel, shutdownDelay },
    ...{ restartDelay, restartDelayMax, minUptime, maxFailures },
  };
}

function countOf(workers: CheckedSettings["workers"], sources: SettingSources): number {
  const cpus = sources.cpus ?? usableCpus();
  if (typeof workers !== "number") return Math.max(1, Math.floor(cpus * workers.share));
  return guessedFromMemory(sources) ? Math.min(workers, cpus) : workers;
}

/** Heroku's buildpack sets WEB_CONCURRENCY to memory / 512 MB and says so: no person asked for more workers than processors. */
function guessedFromMemory({ flags, env }: SettingSources): boolean {
  return flags.workers === undefined && !env.HOLDFAST_WORKERS && Boolean(env.WEB_CONCURRENCY_SET_BY);
}
