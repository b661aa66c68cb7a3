/** CLI: checks the app's entry before any worker is started. */

import { existsSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { HoldfastError } from "../base/errors.js";

/** Endings that a worker can run. No ending at all is CommonJS to Node, such as `bin/www`. */
const ENDINGS = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ""];

/**
 * @returns the absolute path of the file to run; like node, `dist/main` finds `dist/main.js`
 * @throws {HoldfastError} ERR_APP_LOAD: no such file, a folder, or an ending that is no program
 */
export function findEntry(written: string, folder: string = process.cwd()): string {
  const path = resolve(folder, written);
  const file = existsSync(path) ? path : `${path}.js`;
  if (!existsSync(file))
    throw refusal(written, `there is no file ${path}. Check the path, or the folder with --cwd`);
  if (!statSync(file).isFile()) {
    throw refusal(written, `it is a folder. Name the file in it, such as ${join(written, "index.js")}`);
  }
  const ending = extname(file);
  if (ENDINGS.includes(ending)) return file;
  throw refusal(
    written,
    `a file that ends in ${ending} is no app. Name one that ends in .js, .mjs, .cjs, .ts, .mts or .cts`,
  );
}

function refusal(written: string, why: string): HoldfastError {
  return new HoldfastError("ERR_APP_LOAD", `The app ${written} could not be loaded: ${why}.`);
}
