/**
 * Worker: loaded by `node --import` where a TypeScript loader works by hooking `require()`. As soon as there is any `--import`, Node
 * gives the entry to the loader of ES modules, which knows no .ts; told that it is CommonJS, it passes it on to `require()`.
 */

import { realpathSync } from "node:fs";
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import { isModule } from "../base/module-system.js";

type Loaded = { format: string; source: null; shortCircuit: true };
type Load = (url: string, context: object, next: (url: string, context: object) => unknown) => unknown;

/** Since Node 22.15; not in the types of Node 20. */
const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: { load: Load }) => void };

// Programs that the app starts by fork() inherit the flag: they, too, are looked at by their own entry.
const entry = process.argv[1];
if (entry !== undefined && /\.c?ts$/.test(entry) && !isModule(entry)) passToRequire(realUrl(entry));

function passToRequire(url: string): void {
  const answer: Loaded = { format: "commonjs", source: null, shortCircuit: true };
  if (registerHooks !== undefined) {
    registerHooks({ load: (asked, context, next) => (asked === url ? answer : next(asked, context)) });
    return;
  }
  // There the hooks run in a thread of their own, which takes a module and no function.
  const code = `export const load = (asked, context, next) => asked === ${JSON.stringify(url)} ? ${JSON.stringify(answer)} : next(asked, context);`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Node resolves symbolic links of the entry before it asks for it. */
function realUrl(path: string): string {
  return pathToFileURL(realpathSync(path)).href;
}
