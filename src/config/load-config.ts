/** Config: finds and loads `holdfast.config.*`. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { codeProblem, placeIn } from "../base/code-problem.js";
import { UsageError } from "../base/errors.js";

const ENDINGS = [".ts", ".mts", ".js", ".mjs", ".json"] as const;

/** To ask Node where a fault is. Milliseconds. */
const CHECK_TIME = 5000;

export type ConfigFile = { readonly label: string; readonly values: Readonly<Record<string, unknown>> };

/**
 * Loads the file that was named, else the one `holdfast.config.*` of the folder.
 * @param named from `--config`, relative to the folder
 * @returns undefined where none was named and none is there
 * @throws {UsageError} ERR_CONFIG_FILE: not found, several, unreadable, or its default export is no object
 */
export async function loadConfig(folder: string, named?: string): Promise<ConfigFile | undefined> {
  const path = named === undefined ? findConfig(folder) : checkNamed(resolve(folder, named), named);
  if (path === undefined) return undefined;
  const label = named ?? basename(path);
  return { label, values: asObject(await read(path, label), label) };
}

function findConfig(folder: string): string | undefined {
  const found = ENDINGS.map((ending) => `holdfast.config${ending}`).filter((file) =>
    existsSync(join(folder, file)),
  );
  if (found.length > 1) {
    throw configError(`Both ${found.join(" and ")} are in ${folder}: keep one, or name it with --config.`);
  }
  return found[0] === undefined ? undefined : join(folder, found[0]);
}

function checkNamed(path: string, named: string): string {
  if (!existsSync(path)) {
    throw configError(`The configuration file ${named} does not exist (looked for ${path}).`);
  }
  if ((ENDINGS as readonly string[]).includes(extname(path))) return path;
  throw configError(`The configuration file ${named} must end in ${ENDINGS.join(", ")}.`);
}

async function read(path: string, label: string): Promise<unknown> {
  try {
    if (path.endsWith(".json")) return JSON.parse(readFileSync(path, "utf8"));
    return defaultExport(await importModule(path));
  } catch (cause) {
    throw configError(`${label} could not be loaded: ${problemOf(cause, path)}.`, cause);
  }
}

/** Node tells the line of a fault in JSON as a position, and that of one in a module only to a process that ends of it. */
function problemOf(cause: unknown, path: string): string {
  // V8 shows a piece of the text, line feeds included.
  const problem = codeProblem(cause).replace(/\s+/g, " ").replace(/\.$/, "");
  if (!(cause instanceof SyntaxError) || /:\d+\)$/.test(problem)) return problem;
  const place = path.endsWith(".json") ? placeInJson(path, cause.message) : placeByCheck(path);
  return place === undefined ? problem : `${problem} (${place})`;
}

function placeInJson(path: string, message: string): string | undefined {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return undefined;
  return `${path}:${readFileSync(path, "utf8").slice(0, Number(position)).split("\n").length}`;
}

/** `node --check` runs nothing of the file. */
function placeByCheck(path: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ["--check", path], {
    encoding: "utf8",
    timeout: CHECK_TIME,
  });
  return placeIn(stderr.split("\n", 1)[0] ?? "");
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(path).href;
  if (!/\.m?ts$/.test(path)) return import(url);
  const { tsImport } = await import("tsx/esm/api");
  return tsImport(url, import.meta.url);
}

/** A CommonJS module that was compiled from `export default` comes as a default inside a default. */
async function defaultExport(module: Record<string, unknown>): Promise<unknown> {
  const value = await module.default;
  const inner = (value as { __esModule?: boolean; default?: unknown } | null | undefined) ?? {};
  return inner.__esModule === true ? inner.default : value;
}

function asObject(value: unknown, label: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  const what = label.endsWith(".json") ? "hold one object" : "have a default export that is an object";
  throw configError(`${label} must ${what}, such as ${EXAMPLES[label.endsWith(".json") ? "json" : "code"]}`);
}

const EXAMPLES = { json: '{ "workers": 4 }', code: "export default defineConfig({ workers: 4 });" };

function configError(message: string, cause?: unknown): UsageError {
  return new UsageError("ERR_CONFIG_FILE", message, { cause });
}
