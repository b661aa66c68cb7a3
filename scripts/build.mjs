/** Development: `npm run build`: compiles src/ to dist/ and takes out of dist/ what has no source any more. */

import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, run, tool } from "./run.mjs";

const DIST = join(ROOT, "dist");

/** @returns {boolean} whether everything was compiled without an error */
export function build() {
  const done = run(tool("tsc"), ["-p", "tsconfig.build.json"]);
  if (!existsSync(DIST)) return false;
  for (const file of orphans()) rmSync(join(DIST, file));
  const command = join(DIST, "cli", "main.js");
  if (existsSync(command)) chmodSync(command, 0o755);
  return done;
}

/** Files whose source was moved or removed: the compiler leaves them, and they would be published. */
function orphans() {
  return readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) => {
    const source = file.replace(/(\.d\.ts|\.js)$/, ".ts");
    return source !== file && !existsSync(join(ROOT, "src", source));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = build() ? 0 : 1;
