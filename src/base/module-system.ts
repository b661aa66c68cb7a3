/** Base: which module system a file belongs to, by the rules of Node. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";

/** By the ending, else by `"type"` in the nearest package.json, else CommonJS. */
export function isModule(file: string): boolean {
  const ending = extname(file);
  if (ending === ".mts" || ending === ".mjs") return true;
  if (ending === ".cts" || ending === ".cjs") return false;
  return packageType(dirname(file)) === "module";
}

function packageType(folder: string): string | undefined {
  const path = join(folder, "package.json");
  if (existsSync(path)) return typeIn(path);
  const above = dirname(folder);
  return above === folder ? undefined : packageType(above);
}

function typeIn(manifest: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: string }).type;
  } catch {
    // Node itself will say what is wrong with it, better than we could.
    return undefined;
  }
}
