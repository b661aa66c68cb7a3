/** Worker: why the app could not start, in words that the primary shows. */

import { codeProblem } from "../base/code-problem.js";
import { codeOf } from "../base/errors.js";
import type { FailureKind } from "../protocol/messages.js";

/** Errors of Node that mean: the code itself cannot be loaded, and trying again changes nothing. */
const LOAD_CODES = new Set([
  "MODULE_NOT_FOUND",
  "ERR_MODULE_NOT_FOUND",
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
  "ERR_PACKAGE_IMPORT_NOT_DEFINED",
  "ERR_INVALID_PACKAGE_CONFIG",
  "ERR_REQUIRE_ESM",
  "ERR_REQUIRE_ASYNC_MODULE",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_INVALID_TYPESCRIPT_SYNTAX",
  "ERR_APP_CLUSTERS_ITSELF",
]);

/** @param error what was thrown before the app was ready */
export function classifyFailure(error: unknown): { kind: FailureKind; message: string; code?: string } {
  const code = codeOf(error);
  const kind = (code !== undefined && LOAD_CODES.has(code)) || isSyntaxOfCode(error) ? "load" : "boot";
  return { kind, message: codeProblem(error), ...(code === undefined ? {} : { code }) };
}

/** A SyntaxError of the app's code, not one of `JSON.parse` while the app runs; esbuild and swc name theirs otherwise. */
function isSyntaxOfCode(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "TransformError") return true;
  // In the frames alone: "Function statements require a function name" is what a parser says.
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return (
    error.name === "SyntaxError" &&
    !frames.some((line) => /\bJSON\.parse\b|\bnew RegExp\b|\bFunction\b/.test(line))
  );
}
