/**
 * Worker: the runtime of this process, for the library call that an app may make under `holdfast start` as well. A bundle has a copy
 * of this module for itself, so the runtime is kept where every copy finds it; the number is that of its interface.
 */

import type { Runtime } from "./runtime.js";

const RUNTIME = Symbol.for("holdfast.runtime.1");
const everywhere = globalThis as { [RUNTIME]?: Runtime | undefined };

export function setCurrentRuntime(runtime: Runtime | undefined): void {
  everywhere[RUNTIME] = runtime;
}

export function currentRuntime(): Runtime | undefined {
  return everywhere[RUNTIME];
}
