/** Config: the settings of a site and of an adapter, once each is right by itself: whether they fit together. */

import { resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { ADAPTER_NEEDS, type AdapterSettings } from "./adapters.js";
import type { CheckedSettings } from "./schema.js";
import { redactUrl } from "./server-url.js";
import type { SettingKey } from "./setting.js";
import { longFlag, SETTINGS } from "./setting-table.js";
import { NEEDS_REDIS, SITE_FILES, type SiteSettings, TOGETHER } from "./site-settings.js";

/** Where a value was written: `from` the environment of a whole machine, nobody may have meant this fleet. */
export type Origin = {
  readonly where: string;
  readonly from: "flag" | "environment" | "file" | "default";
};
type Origins = (key: SettingKey) => Origin | undefined;

/** @returns undefined for a fleet that stands alone @throws {UsageError} ERR_USAGE for what says nothing without another setting */
export function siteOf(checked: CheckedSettings, origins: Origins): SiteSettings | undefined {
  const { redis } = checked;
  if (redis === undefined) {
    refuseWithoutRedis(checked, origins);
    return undefined;
  }
  const keys = [...NEEDS_REDIS, "redisPrefix", "lease", "hostNumber"] as const;
  const given = keys.filter((key) => checked[key] !== undefined).map((key) => [key, checked[key]]);
  const files = SITE_FILES.flatMap((key) => {
    const file = checked[key];
    return file === undefined ? [] : [[key, resolve(file)]];
  });
  for (const group of TOGETHER) refuseHalf(group, checked, origins);
  return { redis, ...Object.fromEntries([...given, ...files]) } as SiteSettings;
}

/** @returns undefined for Holdfast's own @throws {UsageError} ERR_USAGE without a URL that it understands */
export function adapterOf(checked: CheckedSettings, origins: Origins): AdapterSettings | undefined {
  const { adapter: name, adapterUrl, redis } = checked;
  if (name === "holdfast") {
    const origin = origins("adapterUrl");
    if (adapterUrl === undefined || origin?.from === "environment") return undefined;
    throw new UsageError(
      "ERR_USAGE",
      `${origin?.where} says nothing without --adapter: add it, such as --adapter redis.`,
    );
  }
  const { urls } = ADAPTER_NEEDS[name];
  const url = adapterUrl ?? redis;
  const where = `${origins("adapter")?.where} ${name}`;
  const begins = urls.map((scheme) => `${scheme}//`).join(" or ");
  if (url === undefined)
    throw new UsageError(
      "ERR_USAGE",
      `${where} needs to know its server: add --adapter-url with a URL that begins with ${begins}.`,
    );
  if (urls.some((scheme) => url.startsWith(scheme)))
    return { name, url, ...(adapterUrl === undefined && tlsOf(checked)) };
  const which = adapterUrl === undefined ? "redis" : "adapterUrl";
  throw new UsageError(
    "ERR_USAGE",
    `${where} connects to a URL that begins with ${begins}, but ${origins(which)?.where} is ${redactUrl(url)}. Write such a one with --adapter-url, or let the app set the adapter itself.`,
  );
}

function tlsOf({ redisCa, redisCert, redisKey }: CheckedSettings): Pick<AdapterSettings, "tls"> {
  const files = Object.entries({ ca: redisCa, cert: redisCert, key: redisKey });
  const given = files.flatMap(([key, file]) => (file === undefined ? [] : [[key, resolve(file)]]));
  return given.length === 0 ? {} : { tls: Object.fromEntries(given) };
}

function refuseWithoutRedis(checked: CheckedSettings, origins: Origins): void {
  for (const key of NEEDS_REDIS) {
    const origin = origins(key);
    if (checked[key] === undefined || origin?.from === "environment") continue;
    throw new UsageError(
      "ERR_USAGE",
      `${origin?.where} says nothing without --redis, which joins this host to others: add --redis redis://10.0.0.5:6379, or leave it out.`,
    );
  }
}

function refuseHalf(
  group: readonly (keyof SiteSettings)[],
  checked: CheckedSettings,
  origins: Origins,
): void {
  const given = group.find((key) => checked[key] !== undefined);
  const missing = group.find((key) => checked[key] === undefined);
  if (given === undefined || missing === undefined) return;
  const flags = group.map((key) => flagOf(key));
  const all = `${flags.slice(0, -1).join(", ")} and ${flags.at(-1)}`;
  throw new UsageError(
    "ERR_USAGE",
    `${origins(given)?.where} needs ${flagOf(missing)}: write ${all} together, or none of them.`,
  );
}

function flagOf(key: SettingKey): string {
  const setting = SETTINGS.find((row) => row.key === key);
  return setting === undefined ? key : longFlag(setting);
}
