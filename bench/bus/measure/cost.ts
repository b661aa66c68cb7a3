/** Bus benchmark: what messages cost: warm-up, a window without messages, a window with as many as are taken. */

import { setTimeout as sleep } from "node:timers/promises";
import { untilDone } from "../../measure/measure-load.js";
import { measureWhile } from "../../measure/window.js";
import { cpuOf } from "../../servers/process-tree.js";
import type { Servers } from "../../servers/variant.js";
import { type Sender, sendWhile } from "../load/sender.js";
import type { Cost } from "../results.js";
import type { Stage } from "../stage.js";
import { type CostName, LOADS } from "../workloads.js";

/** What follows the last message, and the first burst, are in no window. Milliseconds. */
const PAUSE = 300;
/** Whoever needs longer has workers that get every message, also those for others: their code is compiled by then. Milliseconds. */
const WARM_UP_LIMIT = 12_000;

export async function measureCost(stage: Stage, name: CostName, senders: readonly Sender[]): Promise<Cost> {
  const { servers, client, settings, turn } = stage;
  const warmUp = LOADS[name].warmUpEach * settings.warmUp * turn.workers;
  await sendWhile(senders, () => untilDone(client, warmUp, WARM_UP_LIMIT));
  await sleep(PAUSE);
  const idleCpu = await idleCpuPerSecond(servers, settings.idle);
  const figures = await sendWhile(senders, async () => {
    await sleep(PAUSE);
    return measureWhile(servers, client, () => sleep(settings.measured));
  });
  const netCpuPerOperation = figures.cpuPerOperation - idleCpu / figures.operationsPerSecond;
  return { ...figures, idleCpu, netCpuPerOperation };
}

async function idleCpuPerSecond({ roots }: Servers, duration: number): Promise<number> {
  const begin = { at: performance.now(), cpu: cpuOf(roots) };
  await sleep(duration);
  return ((cpuOf(roots) - begin.cpu) * 1000) / (performance.now() - begin.at);
}
