/** Worker: the runtime of this process, for the library call that an app may make under `holdfast start` as well. */

import type { Runtime } from "./runtime.js";

let current: Runtime | undefined;

export function setCurrentRuntime(runtime: Runtime | undefined): void {
  current = runtime;
}

export function currentRuntime(): Runtime | undefined {
  return current;
}
