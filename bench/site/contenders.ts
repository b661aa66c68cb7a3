/** Site benchmark: starts a contender: a Redis, and two fleets with bridges or as many plain processes with an adapter. */

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FleetStatus } from "../../src/protocol/status.js";
import type { Child } from "../servers/child.js";
import { freePorts } from "../servers/free-port.js";
import { CLI } from "../servers/holdfast.js";
import { APP, BENCH } from "../servers/plain.js";
import { RedisServer } from "../servers/redis.js";
import { serversOf, startAll } from "../servers/servers.js";
import type { Servers } from "../servers/variant.js";
import { HOSTS, type SiteVariant, WORKERS, WORKERS_EACH } from "./workloads.js";

/** Both hosts know each other within this time. Milliseconds. */
const MEETING_DEADLINE = 20_000;

export type Contender = {
  readonly servers: Servers;
  readonly redis: RedisServer;
  /** What each fleet says of its bridge, in the order of the ports; of the others there is none. */
  bridges(): Promise<readonly Bridge[]>;
};

export type Bridge = NonNullable<FleetStatus["site"]>;

/** @param directory a folder of this turn alone */
export async function startContender(variant: SiteVariant, directory: string): Promise<Contender> {
  const redis = await RedisServer.start();
  try {
    return variant === "holdfast" ? await startFleets(redis, directory) : await startPlain(redis, variant);
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

async function startPlain(redis: RedisServer, adapter: SiteVariant): Promise<Contender> {
  const ports = await freePorts(WORKERS);
  const env = { BENCH_APP: "bus", BENCH_ADAPTER: adapter, BENCH_REDIS: redis.url };
  const processes = ports.map((port) => ({
    command: process.execPath,
    args: [join(BENCH, "app", "with-adapter.mjs")],
    env: { ...env, PORT: String(port) },
    readyWhen: /listening on/,
  }));
  const servers = serversOf({ ports, workers: WORKERS }, [...(await startAll(processes)), redis.child]);
  return { servers, redis, bridges: async () => [] };
}

async function startFleets(redis: RedisServer, directory: string): Promise<Contender> {
  const ports = await freePorts(HOSTS);
  const folders = ports.map((_, host) => join(directory, `h${host}`));
  for (const folder of folders) mkdirSync(folder);
  // Holdfast's usual policy leaves a few sessions where they are accepted; in turns they fill all workers sooner.
  const env = { BENCH_APP: "bus", HOLDFAST_POLICY: "round-robin" };
  const site = ["--redis", redis.url, "--site-listen", "127.0.0.1:0"];
  const processes = ports.map((port, host) => ({
    command: process.execPath,
    args: [CLI, "start", APP, "--workers", String(WORKERS_EACH), "--name", `h${host}`, ...site],
    env: { ...env, PORT: String(port), HOLDFAST_RUNTIME_DIR: folders[host] ?? "" },
    readyWhen: /holdfast ready /,
  }));
  const children: Child[] = await startAll(processes);
  const servers = serversOf({ ports, workers: WORKERS }, [...children, redis.child]);
  const bridges = () => Promise.all(folders.map((folder, host) => bridgeOf(folder, `h${host}`)));
  try {
    await untilMet(bridges);
    return { servers, redis, bridges };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function untilMet(bridges: () => Promise<readonly Bridge[]>): Promise<void> {
  const deadline = performance.now() + MEETING_DEADLINE;
  while (!(await bridges()).every(({ hosts }) => hosts.length === HOSTS - 1)) {
    if (performance.now() > deadline) throw new Error("the hosts do not know each other");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function bridgeOf(folder: string, name: string): Promise<Bridge> {
  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "status", "--name", name, "--json"], {
    env,
  });
  const { site } = JSON.parse(stdout) as FleetStatus;
  if (site === null) throw new Error(`${name} is part of no site`);
  return site;
}
