/**
 * Worker: entry of every worker process, loaded by `node --import` before the app. Programs and threads that the app starts inherit
 * the option and the environment; in them it does nothing.
 */

import { isMainThread } from "node:worker_threads";
import { readWorkerSettings, WORKER_SETTINGS } from "../protocol/environment.js";

const settings = readWorkerSettings(process.env, process.ppid);
delete process.env[WORKER_SETTINGS];

if (settings !== undefined && isMainThread && process.send !== undefined) {
  const { startWorker } = await import("./start-worker.js");
  await startWorker(settings);
}
