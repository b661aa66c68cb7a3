/** Benchmark: one turn: starts the servers of a variant, takes them through the workloads, stops them. */

import { LoadClient } from "../load/load-client.js";
import type { Tally } from "../load/tally.js";
import { temporaryDirectory } from "../servers/temporary.js";
import type { Servers } from "../servers/variant.js";
import { VARIANTS } from "../servers/variants.js";
import type { WorkloadName } from "../workloads.js";
import { measureIdle } from "./measure-idle.js";
import { measureLoad } from "./measure-load.js";
import type { Turn } from "./plan.js";
import type { Measurement, RunSettings } from "./results.js";

export type TurnOptions = {
  readonly turn: Turn;
  readonly workloads: readonly WorkloadName[];
  readonly settings: RunSettings;
  /** Called after each workload. */
  readonly measured: (measurement: Measurement) => void;
};

/** @throws when the servers do not start, or end by themselves; all processes are stopped then */
export async function runTurn(options: TurnOptions): Promise<void> {
  const { workers } = options.settings;
  const directory = temporaryDirectory();
  const servers = await VARIANTS[options.turn.variant].start({ workers, directory });
  try {
    await measureAll(servers, options);
  } finally {
    await servers.stop();
  }
}

async function measureAll(
  servers: Servers,
  { turn, workloads, settings, measured }: TurnOptions,
): Promise<void> {
  const { threads, sharedConnections } = settings;
  const client = await LoadClient.create({ threads, sharedConnections, ports: servers.ports });
  try {
    for (const workload of workloads) {
      const figures = await measure(workload, servers, client, settings);
      measured({ ...turn, workload, ...figures, ...verdict(await client.takeTally(), servers) });
      servers.check();
    }
  } finally {
    await client.terminate();
  }
}

function measure(workload: WorkloadName, servers: Servers, client: LoadClient, settings: RunSettings) {
  return workload === "idle"
    ? measureIdle(servers, client, settings)
    : measureLoad(workload, servers, client, settings);
}

/** A worker without a single session is not in the tally; it is a zero here. */
function verdict(
  { failures, sessions }: Tally,
  { workers }: Servers,
): Pick<Measurement, "failures" | "sessions"> {
  const counts = Object.values(sessions).sort((a, b) => b - a);
  while (counts.length < workers) counts.push(0);
  return { failures, sessions: counts };
}
