/**
 * Profile: loaded by NODE_OPTIONS before everything else in each server process.
 * SIGUSR2 begins the CPU profile, the next one ends it and writes it down.
 */

import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

/** Microseconds between samples. */
const INTERVAL = 250;

const directory = process.env.BENCH_PROFILE_DIRECTORY;
if (isMainThread && directory !== undefined) await install(directory);

async function install(directory) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  let running = false;
  process.on("SIGUSR2", async () => {
    running = !running;
    if (running) await session.post("Profiler.start");
    else write(directory, (await session.post("Profiler.stop")).profile);
  });
  // Only a process with this file may be sent the signal: it would kill any other.
  writeFileSync(join(directory, `${process.pid}.ready`), "");
}

function write(directory, profile) {
  writeFileSync(join(directory, `${process.pid}.cpuprofile`), JSON.stringify(profile));
}
