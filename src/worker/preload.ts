/**
 * Worker: entry of every worker process, loaded by `node --import` before the app. Programs that the app starts do not get it
 * along; a thread does, and in it nothing happens.
 */

import { isMainThread } from "node:worker_threads";
import { primaryIsDead, readWorkerSettings, WORKER_SETTINGS } from "../protocol/environment.js";

// Nobody would ever end a worker whose primary died before it began.
if (isMainThread && primaryIsDead(process.env)) process.exit(1);
const settings = readWorkerSettings(process.env, process.ppid);
delete process.env[WORKER_SETTINGS];
const ours = process.execArgv.indexOf(import.meta.url);
if (ours > 0) process.execArgv.splice(ours - 1, 2);

if (settings !== undefined && isMainThread && process.send !== undefined) {
  const { startWorker } = await import("./start-worker.js");
  await startWorker(settings);
}
