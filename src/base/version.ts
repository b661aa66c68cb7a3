/** Base: the version of this package. */

import { readFileSync } from "node:fs";

/** From package.json, which lies two folders above this file in `src/` and in `dist/` alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
