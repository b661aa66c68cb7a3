/**
 * Worker: sees every CommonJS module right after it ran, before whoever required it goes on. Proven on Node 20, 22, 24 and 26.
 * `Module.prototype.load` is the one place that `require`, `import` of CommonJS, tsx and swc-node all pass.
 */

import { Module } from "node:module";

type LoadedModule = { exports: unknown };
type Load = (this: LoadedModule, filename: string) => void;

export function onModuleLoaded(handler: (filename: string, exports: Record<string, unknown>) => void): void {
  const prototype = Module.prototype as unknown as { load: Load };
  const load = prototype.load;
  prototype.load = function (this: LoadedModule, filename: string) {
    load.call(this, filename);
    const { exports } = this;
    // A function with properties is an export too: that of socket.io is one.
    if ((typeof exports === "object" && exports !== null) || typeof exports === "function")
      handler(filename, exports as Record<string, unknown>);
  };
}
