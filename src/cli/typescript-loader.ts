/** CLI: decides what node needs in the workers so that it understands a TypeScript entry. Reads files, runs nothing. */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { getTsconfig } from "get-tsconfig";
import { UsageError } from "../base/errors.js";
import { isModule } from "../base/module-system.js";

/** What the workers get besides what the user asked for. */
export type TypeScriptLoader = {
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

const NO_LOADER: TypeScriptLoader = { nodeArgs: [], env: {} };

/** Makes a loader that hooks `require()` work beside `--import`; runs in the worker. */
const REQUIRE_HELP: TypeScriptLoader = {
  nodeArgs: ["--import", new URL("../worker/commonjs-typescript.js", import.meta.url).href],
  env: {},
};

const HOOKING_FLAG = /^(?:--import|--loader|--experimental-loader|--require|-r)$/;
const LOADING_FLAG =
  /^(?:--import|--loader|--experimental-loader|--require|-r)=(?:.*[/@\\])?(?:tsx|ts-node|swc-node|jiti|oxc-node|esbuild-register|ts-blank-space|amaro)(?:[/\\@]|$)/;
/** Any loader by `--require`; tsx hooks `require()` always, and on Node 20 runs no .cts otherwise. */
const HOOKS_REQUIRE = /^(?:--require|-r)=|[=/\\]tsx(?:[/\\@]|$)/;
const STRIPPING_FLAG = /^--experimental-(?:strip|transform)-types$/;

/**
 * @param entry absolute path of the app
 * @param nodeArgs what node gets anyhow, from the command line and from NODE_OPTIONS: a loader in it is the user's choice
 * @throws {UsageError} ERR_TYPESCRIPT_LOADER where decorators need a loader that is not installed
 */
export function typescriptLoader(entry: string, nodeArgs: readonly string[]): TypeScriptLoader {
  if (!/\.[mc]?ts$/.test(entry)) return NO_LOADER;
  const named = namedLoader(nodeArgs);
  if (named !== undefined) return !isModule(entry) && HOOKS_REQUIRE.test(named) ? REQUIRE_HELP : NO_LOADER;
  const tsconfig = getTsconfig(entry);
  // esbuild, and so tsx, writes no decorator metadata: NestJS could then inject nothing by type.
  return tsconfig?.config.compilerOptions?.emitDecoratorMetadata === true
    ? decoratorLoader(entry, tsconfig.path)
    : tsxLoader(entry, tsconfig?.path);
}

/** @returns the flag with its value, such as `--import=tsx`, that loads a known TypeScript loader or switches on Node's own */
export function namedLoader(nodeArgs: readonly string[]): string | undefined {
  const flags = nodeArgs.map((argument, index) =>
    HOOKING_FLAG.test(argument) ? `${argument}=${nodeArgs[index + 1] ?? ""}` : argument,
  );
  return flags.find((flag) => STRIPPING_FLAG.test(flag) || LOADING_FLAG.test(flag));
}

function tsxLoader(entry: string, tsconfig: string | undefined): TypeScriptLoader {
  const loader = resolveFrom(entry, "tsx") ?? resolveFrom(import.meta.filename, "tsx");
  if (loader === undefined) throw missing(entry, "tsx, a dependency of holdfast, is not there", "tsx");
  const help = isModule(entry) ? [] : REQUIRE_HELP.nodeArgs;
  return {
    nodeArgs: ["--import", asUrl(loader), ...help],
    env: projectVariable("TSX_TSCONFIG_PATH", tsconfig),
  };
}

function decoratorLoader(entry: string, tsconfig: string): TypeScriptLoader {
  for (const from of [entry, import.meta.filename]) {
    const loader = swcLoader(entry, from, tsconfig) ?? oxcLoader(from, tsconfig);
    if (loader !== undefined) return loader;
  }
  throw missing(
    entry,
    `${tsconfig} turns on emitDecoratorMetadata, which needs @swc-node/register`,
    "@swc-node/register @swc/core",
    " (or @oxc-node/core, where typescript is 7 or newer)",
  );
}

/** Its hook for ES modules cannot load CommonJS written in TypeScript, so the entry's module system decides. */
function swcLoader(entry: string, from: string, tsconfig: string): TypeScriptLoader | undefined {
  const required = resolveFrom(from, "@swc-node/register");
  if (required === undefined) return undefined;
  const env = projectVariable("SWC_NODE_PROJECT", tsconfig);
  if (!isModule(entry)) return { nodeArgs: ["--require", required, ...REQUIRE_HELP.nodeArgs], env };
  const hooks = join(dirname(required), "esm", "esm.mjs");
  if (!existsSync(hooks)) return undefined;
  // Its own esm-register finds these hooks only where the package can be resolved from the working folder.
  const register = `import { register } from "node:module"; register(${JSON.stringify(asUrl(hooks))});`;
  return { nodeArgs: ["--import", `data:text/javascript,${encodeURIComponent(register)}`], env };
}

function oxcLoader(from: string, tsconfig: string): TypeScriptLoader | undefined {
  const main = resolveFrom(from, "@oxc-node/core");
  if (main === undefined) return undefined;
  const env = projectVariable("OXC_TSCONFIG_PATH", tsconfig);
  return { nodeArgs: ["--import", asUrl(join(dirname(main), "register.mjs"))], env };
}

/** Loaders look for a tsconfig.json in the working folder only; where it lies elsewhere, they are told. */
function projectVariable(name: string, tsconfig: string | undefined): Record<string, string> {
  return tsconfig === undefined || tsconfig === join(process.cwd(), "tsconfig.json")
    ? {}
    : { [name]: tsconfig };
}

function resolveFrom(file: string, specifier: string): string | undefined {
  try {
    return createRequire(file).resolve(specifier);
  } catch {
    return undefined;
  }
}

const asUrl = (path: string): string => pathToFileURL(path).href;

function missing(entry: string, why: string, packages: string, otherwise = ""): UsageError {
  return new UsageError(
    "ERR_TYPESCRIPT_LOADER",
    `The app ${entry} cannot be run as TypeScript: ${why}. Run "npm install --save-dev ${packages}"${otherwise}, or compile it and start the .js file.`,
  );
}
