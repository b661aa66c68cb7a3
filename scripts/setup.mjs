/** Development: makes a fresh clone, or one that has changed, ready to run: dependencies, then dist/. Needs nothing but Node and npm. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { NPM, ROOT, run } from "./run.mjs";

/** Does what is needed, and only that. @throws {Error} with a sentence when a step failed */
export function setup() {
  if (!isInstalled(ROOT)) {
    console.log("Installing the dependencies (npm ci) …");
    // The build follows on its own, where its errors can be seen.
    install(ROOT);
  }
  if (isBuilt()) return;
  console.log("Building dist/ …");
  if (!build()) throw new Error("The build failed; its errors stand above.");
}

/** Runs `npm ci` without scripts, as no dependency needs one. @param {string} folder */
export function install(folder) {
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!run(NPM, args, { cwd: folder }))
    throw new Error(`npm ci failed in ${folder}; its errors stand above.`);
}

/** Whether node_modules holds what package-lock.json asks for; npm leaves a list of what it put there. @param {string} folder */
export function isInstalled(folder) {
  const listed = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(listed)) return false;
  const present = packagesIn(listed);
  return Object.entries(packagesIn(join(folder, "package-lock.json"))).every(
    ([path, wanted]) => path === "" || wanted.optional === true || present[path]?.version === wanted.version,
  );
}

/** @param {string} lockFile @returns {Record<string, { version?: string, optional?: boolean }>} */
function packagesIn(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages ?? {};
}

function isBuilt() {
  const built = join(ROOT, "dist", "cli", "main.js");
  if (!existsSync(built)) return false;
  const since = statSync(built).mtimeMs;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const inputs = [...sources.map((file) => join("src", file)), "tsconfig.json", "tsconfig.build.json"];
  return inputs.every((file) => statSync(join(ROOT, file)).mtimeMs <= since);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    setup();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}
