/** CLI: which running fleet a command means. */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { codeOf, HoldfastError, UsageError } from "../base/errors.js";
import { fleetDirectory, runtimeDirectory } from "../protocol/runtime-directory.js";
import type { FleetStatus } from "../protocol/status.js";
import { askPrimary } from "./control-client.js";

export type RunningFleet = { readonly directory: string; readonly status: FleetStatus };

/**
 * The fleet of that name (flag, else HOLDFAST_NAME), else the only one that runs.
 * @throws {HoldfastError} ERR_NO_FLEET when it, or any, does not run
 * @throws {UsageError} ERR_SEVERAL_FLEETS when several run and none was named
 */
export async function findFleet(
  name: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningFleet> {
  const wanted = name ?? (env.HOLDFAST_NAME || undefined);
  if (wanted !== undefined) return (await running(fleetDirectory(wanted, env))) ?? noFleet(wanted, env);
  const fleets = await allFleets(env);
  if (fleets.length > 1) throw severalFleets(fleets);
  return fleets[0] ?? noFleet(undefined, env);
}

async function allFleets(env: NodeJS.ProcessEnv): Promise<RunningFleet[]> {
  const root = runtimeDirectory(env);
  const found = await Promise.all(folders(root).map((folder) => runningOwn(join(root, folder))));
  return found.filter((fleet) => fleet !== undefined);
}

function folders(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}

/** Where several users share the folder, those of others do not count. */
async function runningOwn(directory: string): Promise<RunningFleet | undefined> {
  try {
    return await running(directory);
  } catch (error) {
    if (codeOf(error) === "ERR_CONTROL_OWNER") return undefined;
    throw error;
  }
}

async function running(directory: string): Promise<RunningFleet | undefined> {
  const status = (await askPrimary(directory, { method: "GET", path: "/status" })) as FleetStatus | undefined;
  return status === undefined ? undefined : { directory, status };
}

async function noFleet(wanted: string | undefined, env: NodeJS.ProcessEnv): Promise<never> {
  if (wanted === undefined) {
    throw new HoldfastError(
      "ERR_NO_FLEET",
      `No fleet is running (looked in ${runtimeDirectory(env)}). Start one with "holdfast start app.ts".`,
    );
  }
  const others = (await allFleets(env)).map((fleet) => basename(fleet.directory));
  const hint = others.length === 0 ? "No other runs either." : `Running: ${others.join(", ")}.`;
  throw new HoldfastError("ERR_NO_FLEET", `No fleet named "${wanted}" is running. ${hint}`);
}

function severalFleets(fleets: readonly RunningFleet[]): UsageError {
  const names = fleets.map(({ status }) => status.name).sort();
  return new UsageError(
    "ERR_SEVERAL_FLEETS",
    `Several fleets are running: ${names.join(", ")}. Choose one with --name, such as --name ${names[0]}.`,
  );
}
