/**
 * Proxy benchmark: one stage: starts the servers of all contenders, lets each have one short window after another, and stops them all.
 * What is compared is measured seconds apart, on the same processes: the machine changes more within minutes than these differ.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { LoadClient } from "../load/load-client.js";
import { addCounts, totalOf } from "../load/tally.js";
import { warmUp } from "../measure/measure-load.js";
import { measureEachWhile } from "../measure/window.js";
import { temporaryDirectory } from "../servers/temporary.js";
import type { Servers, VariantName } from "../servers/variant.js";
import { VARIANTS } from "../servers/variants.js";
import type { LoadName } from "../workloads.js";
import { CONTENDERS, type ContenderName } from "./contenders.js";
import { orderOf } from "./plan.js";
import type { ProxyMeasurement, ProxySettings } from "./results.js";

/** Share of the warm-up that is left where the servers are warm. */
const SHARED_WARM_UP = 1 / 8;

export type StageOptions = {
  readonly stage: number;
  readonly contenders: readonly ContenderName[];
  readonly loads: readonly LoadName[];
  readonly settings: ProxySettings;
  /** Called after each window. */
  readonly measured: (measurement: ProxyMeasurement) => void;
};

type Entrant = { readonly name: ContenderName; readonly servers: Servers; readonly client: LoadClient };

/** @throws when servers do not start, or end by themselves; all processes are stopped then */
export async function runStage(options: StageOptions): Promise<void> {
  const running = new Map<VariantName, Servers>();
  const clients: LoadClient[] = [];
  try {
    const entrants: Entrant[] = [];
    for (const name of options.contenders) {
      const servers = await serversFor(name, running, options.settings);
      const client = await clientFor(name, servers, options.settings);
      clients.push(client);
      entrants.push({ name, servers, client });
    }
    for (const { client } of entrants) await client.openMany(options.settings.standing);
    for (const load of options.loads) await measureLoad(load, entrants, options);
    for (const entrant of entrants) await closeStanding(entrant);
  } finally {
    await Promise.all(clients.map((client) => client.terminate()));
    await Promise.all([...running.values()].map((servers) => servers.stop()));
  }
}

/** @throws when one of them has ended by itself */
async function closeStanding({ name, client }: Entrant): Promise<void> {
  await client.closeIdle();
  const { failures } = await client.takeTally();
  if (totalOf(failures) > 0)
    throw new Error(`standing sessions of ${name} failed: ${JSON.stringify(failures)}`);
}

/** Contenders that differ in their clients only share servers. */
async function serversFor(
  name: ContenderName,
  running: Map<VariantName, Servers>,
  { workers }: ProxySettings,
): Promise<Servers> {
  const { variant } = CONTENDERS[name];
  const servers =
    running.get(variant) ?? (await VARIANTS[variant].start({ workers, directory: temporaryDirectory() }));
  running.set(variant, servers);
  return servers;
}

function clientFor(name: ContenderName, { ports }: Servers, { threads }: ProxySettings): Promise<LoadClient> {
  const { sources } = CONTENDERS[name];
  return LoadClient.create({ threads, sharedConnections: false, ports, sources });
}

async function measureLoad(load: LoadName, entrants: readonly Entrant[], options: StageOptions) {
  const { stage, settings, measured } = options;
  const early = await warmAll(load, entrants, settings);
  for (let inStage = 0; inStage < settings.rounds; inStage += 1) {
    const round = stage * settings.rounds + inStage;
    for (const entrant of orderOf(round, entrants)) {
      const figures = await measureWindow(load, entrant, settings);
      const failures = addCounts([figures.failures, early.get(entrant.name) ?? {}]);
      early.delete(entrant.name);
      measured({ round, contender: entrant.name, load, ...figures, failures });
      entrant.servers.check();
    }
  }
}

type Failures = ProxyMeasurement["failures"];

/** Servers that two contenders share are warm after the first: the other's clients need less. @returns what failed: it counts */
async function warmAll(
  load: LoadName,
  entrants: readonly Entrant[],
  { warmUpSessions }: ProxySettings,
): Promise<Map<ContenderName, Failures>> {
  const warm = new Set<Servers>();
  const failed = new Map<ContenderName, Failures>();
  for (const { name, client, servers } of entrants) {
    const sessions = warmUpSessions * servers.workers * (warm.has(servers) ? SHARED_WARM_UP : 1);
    await client.start(load);
    await warmUp(client, load, sessions);
    await client.stop();
    warm.add(servers);
    failed.set(name, (await client.takeTally()).failures);
  }
  return failed;
}

async function measureWindow(
  load: LoadName,
  { client, servers }: Entrant,
  { leadIn, measured }: ProxySettings,
): Promise<Omit<ProxyMeasurement, "round" | "contender" | "load">> {
  await client.start(load);
  await sleep(leadIn);
  const { figures, each } = await measureEachWhile(servers, client, () => sleep(measured));
  await client.stop();
  const { failures, sessions } = await client.takeTally();
  const cpu = Object.keys(sessions).map((pid) => each.get(Number(pid)) ?? 0);
  return {
    ...figures,
    failures,
    sessions: mostFirst(Object.values(sessions), servers.workers),
    workerCpu: mostFirst(cpu, servers.workers),
  };
}

/** A worker that was given no session is in no tally; it is a zero here. */
function mostFirst(values: readonly number[], workers: number): number[] {
  const missing = Array<number>(Math.max(0, workers - values.length)).fill(0);
  return [...values, ...missing].sort((a, b) => b - a);
}
