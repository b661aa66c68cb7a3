/** CLI: what a fleet is started with, from the command line, the environment and the configuration file; read again at each reload. */

import { messageOf, UsageError } from "../base/errors.js";
import { loadConfig } from "../config/load-config.js";
import { resolveSettings } from "../config/resolve-settings.js";
import type { FleetSettings } from "../config/settings.js";
import { checkSiteFiles } from "../config/site-files.js";
import { splitArguments } from "../config/value-kinds.js";
import type { StartPlan } from "../primary/reloader.js";
import { checkAdapterPackages } from "./adapter-check.js";
import { findEntry } from "./find-entry.js";
import { typescriptLoader } from "./typescript-loader.js";

/** What stood on the command line, by the long name of the flag in camel case. */
export type WrittenOptions = Readonly<Record<string, string | boolean>>;

export type StartCommand = {
  readonly entry: string;
  readonly args: readonly string[];
  readonly written: WrittenOptions;
};

/** Goes to the folder of `--cwd`, and stays there. @throws {HoldfastError} for settings or an app that cannot be used */
export async function readSettings({ entry, args, written }: StartCommand): Promise<FleetSettings> {
  changeFolder(text(written.cwd) ?? process.env.HOLDFAST_CWD);
  const app = findEntry(entry);
  const file = await loadConfig(
    process.cwd(),
    text(written.config) ?? (process.env.HOLDFAST_CONFIG || undefined),
  );
  const settings = resolveSettings(app, args, { flags: settingFlags(written), env: process.env, file });
  checkSiteFiles(settings.site);
  checkAdapterPackages(settings.adapter, app);
  return settings;
}

/** A variable that the user has set for the loader stands. @throws {HoldfastError} ERR_TYPESCRIPT_LOADER */
export function planOf(settings: FleetSettings): StartPlan {
  const given = [...settings.nodeArgs, ...(splitArguments(process.env.NODE_OPTIONS ?? "") ?? [])];
  const { nodeArgs, env } = typescriptLoader(settings.entry, given);
  const unset = Object.entries(env).filter(([name]) => process.env[name] === undefined);
  return { settings, loaderArgs: nodeArgs, loaderEnv: Object.fromEntries(unset), folder: process.cwd() };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function changeFolder(folder: string | undefined): void {
  if (!folder) return;
  try {
    process.chdir(folder);
  } catch (cause) {
    throw new UsageError("ERR_USAGE", `The folder ${folder} of --cwd cannot be used: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

function settingFlags({ instances, ...written }: WrittenOptions): WrittenOptions {
  if (instances === undefined) return written;
  if (written.workers === undefined) return { ...written, workers: instances };
  throw new UsageError("ERR_USAGE", "--workers and --instances mean the same: write one of them.");
}
