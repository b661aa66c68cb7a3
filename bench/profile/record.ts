/** Profile: runs one load against one variant and collects a CPU profile of every Node process of its servers. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { LoadClient } from "../load/load-client.js";
import { warmUp } from "../measure/measure-load.js";
import { measureWhile } from "../measure/window.js";
import { BENCH } from "../servers/plain.js";
import { pidsOf } from "../servers/process-tree.js";
import type { Servers, VariantName } from "../servers/variant.js";
import { VARIANTS } from "../servers/variants.js";
import type { ProfileOptions } from "./options.js";
import type { CpuProfile } from "./sample-shares.js";

const HOOK = pathToFileURL(join(BENCH, "profile", "hook.mjs")).href;
const WARM_UP_SESSIONS = 1_000;
const WRITE_DEADLINE = 20_000;

export type Recording = {
  readonly operations: number;
  /** As the kernel counts it, for all server processes. Microseconds. */
  readonly cpuPerOperation: number;
  readonly profiles: readonly CpuProfile[];
};

export async function record(variant: VariantName, options: ProfileOptions): Promise<Recording> {
  const directory = join(BENCH, "results", "tmp", `profile-${variant}-${options.load}`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "run"), { recursive: true });
  const env = { NODE_OPTIONS: `--import=${HOOK}`, BENCH_PROFILE_DIRECTORY: directory };
  const servers = await VARIANTS[variant].start({
    workers: options.workers,
    directory: join(directory, "run"),
    env,
  });
  try {
    const figures = await recordLoad(servers, options, directory);
    return { ...figures, profiles: readProfiles(directory) };
  } finally {
    await servers.stop();
  }
}

/** @returns the figures of the time in which the profile was on */
async function recordLoad(servers: Servers, { load, seconds }: ProfileOptions, directory: string) {
  const client = await LoadClient.create({ threads: 2, sharedConnections: false, ports: servers.ports });
  try {
    await client.start(load);
    await warmUp(client, load, WARM_UP_SESSIONS * servers.workers);
    const pids = pidsOf(servers.roots).filter((pid) => existsSync(join(directory, `${pid}.ready`)));
    toggle(pids);
    const figures = await measureWhile(servers, client, () => sleep(seconds * 1000));
    toggle(pids);
    await client.stop();
    await written(pids, directory);
    return figures;
  } finally {
    await client.terminate();
  }
}

function toggle(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, "SIGUSR2");
}

async function written(pids: readonly number[], directory: string): Promise<void> {
  const deadline = performance.now() + WRITE_DEADLINE;
  while (readProfiles(directory).length < pids.length) {
    if (performance.now() > deadline)
      throw new Error(`${pids.length} profiles should be in ${directory}, fewer are.`);
    await sleep(100);
  }
}

/** A file that is still being written is not there yet. */
function readProfiles(directory: string): CpuProfile[] {
  const files = readdirSync(directory).filter((name) => name.endsWith(".cpuprofile"));
  return files.flatMap((name) => {
    const text = readFileSync(join(directory, name), "utf8");
    return text.endsWith("}") ? [JSON.parse(text) as CpuProfile] : [];
  });
}
