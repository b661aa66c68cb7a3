/**
 * Worker: sees every CommonJS module right after it ran, before whoever required it goes on. Proven on Node 20, 22, 24 and 26.
 * `Module.prototype.load` is the one place that `require`, `import` of CommonJS, tsx and swc-node all pass.
 */

import { createRequire, Module } from "node:module";

type LoadedModule = { exports: unknown };
type Load = (this: LoadedModule, filename: string) => void;

export function onModuleLoaded(handler: (filename: string, exports: Record<string, unknown>) => void): void {
  const prototype = Module.prototype as unknown as { load: Load };
  const load = prototype.load;
  prototype.load = function (this: LoadedModule, filename: string) {
    load.call(this, filename);
    if (isReadable(this.exports)) handler(filename, this.exports);
  };
}

/** Those that have been loaded by now; Holdfast itself needs some that the app may share. */
export function modulesSoFar(): [string, Record<string, unknown>][] {
  const { cache } = createRequire(import.meta.url);
  const all = Object.entries(cache).map(([filename, module]): [string, unknown] => [
    filename,
    module?.exports,
  ]);
  return all.filter((entry): entry is [string, Record<string, unknown>] => isReadable(entry[1]));
}

/** A function with properties is an export too: that of socket.io is one. */
function isReadable(exports: unknown): exports is Record<string, unknown> {
  return (typeof exports === "object" && exports !== null) || typeof exports === "function";
}
