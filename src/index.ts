/**
 * The public API: `onHandoff` for what an app takes along in a reload, `holdfast(io)` for apps that bring their own processes,
 * `defineConfig` for configuration files.
 */

export { type MissingWorker, missingWorkers } from "./adapter/partial.js";
export { HoldfastError, UsageError } from "./base/errors.js";
export { type Duration, defineConfig, type HoldfastConfig } from "./config/define-config.js";
export { type HandoffHooks, onHandoff } from "./worker/handoff/hooks.js";
export {
  type DrainRequest,
  type Holdfast,
  type HoldfastOptions,
  holdfast,
} from "./worker/library/holdfast.js";
