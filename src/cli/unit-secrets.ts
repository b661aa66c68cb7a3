/**
 * CLI: passwords and `holdfast unit`. Everybody on the machine may read a unit, and what `systemctl show` says of it; so a secret
 * belongs into an environment file, which systemd reads as root, and which is not read here.
 */

import { UsageError } from "../base/errors.js";
import { ADAPTER_NEEDS, type AdapterName } from "../config/adapters.js";
import { hasPassword } from "../config/server-url.js";
import type { Setting } from "../config/setting.js";
import { longFlag, SETTINGS } from "../config/setting-table.js";

type Variables = readonly (readonly [name: string, value: string])[];

/** @throws {UsageError} ERR_USAGE for a password or secret that would stand in the unit */
export function refuseSecrets(
  flags: Readonly<Record<string, string | boolean>>,
  variables: Variables,
  name: string,
): void {
  for (const setting of SETTINGS) {
    const flag = flags[setting.key];
    if (isSecret(setting, flag)) throw refusal(longFlag(setting), setting, name);
    const variable = variables.find(([key, value]) => setting.env.includes(key) && isSecret(setting, value));
    if (variable !== undefined) throw refusal(`--env ${variable[0]}`, setting, name);
  }
}

function isSecret({ kind }: Setting, value: string | boolean | undefined): boolean {
  if (typeof value !== "string" || value === "") return false;
  if (kind === "secret") return true;
  return (kind === "redis-url" || kind === "adapter-url") && hasPassword(value);
}

function refusal(where: string, { env, kind }: Setting, name: string): UsageError {
  const what = kind === "secret" ? "is a secret" : "has a password";
  return new UsageError(
    "ERR_USAGE",
    `${where} ${what}, and everybody on this machine can read a unit: write it as ${env.at(-1)}=… into a file that only root may read, and add --environment-file /etc/${name}.env instead.`,
  );
}

/**
 * What the service finds in its environment, as far as it can be told here: environment files may say where the servers are, so that
 * settings which need one are not refused.
 * @param adapter `--adapter`, from wherever
 */
export function environmentOf(variables: Variables, hasFiles: boolean, adapter: unknown): NodeJS.ProcessEnv {
  const told = Object.fromEntries(variables);
  if (!hasFiles) return told;
  const needs = ADAPTER_NEEDS[(adapter ?? told.HOLDFAST_ADAPTER) as AdapterName];
  return {
    HOLDFAST_REDIS_URL: "redis://in-an-environment-file",
    ...(needs && { HOLDFAST_ADAPTER_URL: `${needs.urls[0]}//in-an-environment-file` }),
    ...told,
  };
}
