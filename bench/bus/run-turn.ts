/** Bus benchmark: one turn: starts the servers of a contender, places the sessions, measures, stops all. */

import { temporaryDirectory } from "../servers/temporary.js";
import { VARIANTS } from "../servers/variants.js";
import { BusClient } from "./load/bus-client.js";
import { createSenders } from "./load/scenario.js";
import { measureAcks } from "./measure/acks.js";
import { measureCost } from "./measure/cost.js";
import { measureKill } from "./measure/kill.js";
import { measureStall } from "./measure/stall.js";
import type { BusTurn } from "./plan.js";
import type { BusMeasurement, BusSettings } from "./results.js";
import type { Stage } from "./stage.js";
import { BUS_WORKLOADS, type BusName, type CostName } from "./workloads.js";

/** @throws when the servers do not start, end by themselves, or do not answer; all processes are stopped then */
export async function runBusTurn(turn: BusTurn, settings: BusSettings): Promise<BusMeasurement> {
  const { variant, workers, workload } = turn;
  const directory = temporaryDirectory();
  // Holdfast's usual policy leaves a few sessions where they are accepted; in turns they fill all workers sooner.
  const env = { BENCH_APP: "bus", HOLDFAST_POLICY: "round-robin" };
  const servers = await VARIANTS[variant].start({ workers, directory, env });
  try {
    const membersEach = BUS_WORKLOADS[workload].membersEach(workers);
    const client = await BusClient.open(servers.ports, { workers, membersEach });
    const figures = await MEASURES[workload]({ turn, settings, servers, client, directory });
    servers.check();
    await client.close();
    return { ...turn, ...figures, failures: client.failures, unopened: client.unopened };
  } finally {
    await servers.stop();
  }
}

type Figures = Pick<BusMeasurement, "cost" | "acks" | "kill" | "stall">;

const MEASURES: Readonly<Record<BusName, (stage: Stage) => Promise<Figures>>> = {
  room: costOf("room"),
  apart: costOf("apart"),
  pairs: costOf("pairs"),
  local: costOf("local"),
  private: costOf("private"),
  acks: measureAcks,
  kill: async (stage) => ({ kill: await measureKill(stage) }),
  stall: async (stage) => ({ stall: await measureStall(stage) }),
};

function costOf(name: Exclude<CostName, "acks">) {
  return async (stage: Stage): Promise<Figures> => ({
    cost: await measureCost(stage, name, await createSenders(name, stage.client)),
  });
}
