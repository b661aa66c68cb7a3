/** Bus benchmark: one turn: starts the servers of a contender, places the sessions, measures, stops all. */

import { temporaryDirectory } from "../servers/temporary.js";
import type { Servers } from "../servers/variant.js";
import { VARIANTS } from "../servers/variants.js";
import { BusClient } from "./load/bus-client.js";
import { createSenders } from "./load/scenario.js";
import { measureCost } from "./measure/cost.js";
import type { BusTurn } from "./plan.js";
import type { BusMeasurement, BusSettings } from "./results.js";
import { BUS_WORKLOADS, type CostName, LOADS } from "./workloads.js";

/** Everything that a workload needs to be measured. */
export type Stage = {
  readonly turn: BusTurn;
  readonly settings: BusSettings;
  readonly servers: Servers;
  readonly client: BusClient;
  /** Where the fleet keeps its sockets. */
  readonly directory: string;
};

/** @throws when the servers do not start, end by themselves, or do not answer; all processes are stopped then */
export async function runBusTurn(turn: BusTurn, settings: BusSettings): Promise<BusMeasurement> {
  const { variant, workers, workload } = turn;
  const directory = temporaryDirectory();
  // Holdfast's usual policy leaves a few sessions where they are accepted; in turns they fill all workers sooner.
  const env = { BENCH_APP: "bus", HOLDFAST_POLICY: "round-robin" };
  const servers = await VARIANTS[variant].start({ workers, directory, env });
  try {
    const membersEach = BUS_WORKLOADS[workload].members / workers;
    const client = await BusClient.open(servers.ports, { workers, membersEach });
    return await measure({ turn, settings, servers, client, directory });
  } finally {
    await servers.stop();
  }
}

async function measure(stage: Stage): Promise<BusMeasurement> {
  const { turn, client, servers } = stage;
  const figures = { cost: await cost(stage, turn.workload as CostName) };
  servers.check();
  await client.close();
  return { ...turn, ...figures, failures: client.failures(), unopened: client.unopened };
}

async function cost({ client, servers, settings, turn }: Stage, name: CostName) {
  const senders = await createSenders(name, client);
  const warmUp = LOADS[name].warmUpEach * settings.warmUp * turn.workers;
  return measureCost(servers, client, { senders, warmUp, measured: settings.measured });
}
