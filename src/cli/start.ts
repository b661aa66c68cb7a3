/** CLI: `holdfast start`: settings and app are checked, then this very process becomes the primary. */

import { messageOf, UsageError } from "../base/errors.js";
import { loadConfig } from "../config/load-config.js";
import { resolveSettings } from "../config/resolve-settings.js";
import type { FleetSettings } from "../config/settings.js";
import { splitArguments } from "../config/value-kinds.js";
import type { PrimaryOptions } from "../primary/run-primary.js";
import { endOnSignalsAsPidOne } from "../primary/signals.js";
import { findEntry } from "./find-entry.js";
import { exitCodeOf, report } from "./report-error.js";
import { typescriptLoader } from "./typescript-loader.js";

/** What stood on the command line, by the long name of the flag in camel case. */
export type WrittenOptions = Readonly<Record<string, string | boolean>>;

/** Runs the app until it is stopped. @returns the exit code @throws {HoldfastError} for settings or an app that cannot be used */
export async function start(
  entry: string,
  args: readonly string[],
  written: WrittenOptions,
): Promise<number> {
  endOnSignalsAsPidOne();
  changeFolder(text(written.cwd) ?? process.env.HOLDFAST_CWD);
  const app = findEntry(entry);
  const file = await loadConfig(
    process.cwd(),
    text(written.config) ?? (process.env.HOLDFAST_CONFIG || undefined),
  );
  const settings = resolveSettings(app, args, { flags: settingFlags(written), env: process.env, file });
  try {
    const loader = loaderOptions(settings);
    const { runPrimary } = await import("../primary/run-primary.js");
    return await runPrimary(settings, loader);
  } catch (error) {
    // Only here it is known which form was asked for.
    report(error, { json: settings.log === "json" });
    return exitCodeOf(error);
  }
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

/** A variable that the user has set for the loader stands. */
function loaderOptions(settings: FleetSettings): PrimaryOptions {
  const given = [...settings.nodeArgs, ...(splitArguments(process.env.NODE_OPTIONS ?? "") ?? [])];
  const { nodeArgs, env } = typescriptLoader(settings.entry, given);
  const unset = Object.entries(env).filter(([name]) => process.env[name] === undefined);
  return { loaderArgs: nodeArgs, loaderEnv: Object.fromEntries(unset) };
}
