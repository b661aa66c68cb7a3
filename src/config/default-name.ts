/** Config: what a fleet is called when nobody names it. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

/** Longest name that a fleet may have. */
const LONGEST = 64;
/** Leaves room for a longer folder. */
const LONGEST_MADE = 40;

/** `name` of the nearest package.json above the entry that has one, without its scope, else the entry's file name. Always a valid fleet name. */
export function defaultFleetName(entry: string): string {
  const base = basename(entry, extname(entry));
  return asFleetName(nameFromPackage(dirname(entry)) ?? "") ?? asFleetName(base) ?? "app";
}

/**
 * What a process manager calls an app, as the name of a fleet: unchanged where a fleet may be called so, else with a hash, so that
 * two apps never become one fleet.
 */
export function fleetNameOf(app: string): string {
  if (asFleetName(app) === app && app.length <= LONGEST_MADE) return app;
  const hash = createHash("sha256").update(app).digest("hex").slice(0, 8);
  return `${(asFleetName(app) ?? "app").slice(0, LONGEST_MADE - hash.length - 1)}-${hash}`;
}

function nameFromPackage(folder: string): string | undefined {
  const name = packageName(join(folder, "package.json"));
  if (name !== undefined) return name.replace(/^@[^/]*\//, "");
  const above = dirname(folder);
  return above === folder ? undefined : nameFromPackage(above);
}

/** A package.json without a name (such as one that only says `"type"`) does not end the search. */
function packageName(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(path, "utf8")) as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}

function asFleetName(text: string): string | undefined {
  const name = text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, LONGEST);
  return name === "" ? undefined : name;
}
