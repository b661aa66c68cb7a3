/** Site benchmark: warm-up, a window without messages, a window with as many as are taken; what Redis and the bridges did in it. */

import { setTimeout as sleep } from "node:timers/promises";
import { BusClient } from "../bus/load/bus-client.js";
import { createSenders, type Flow, roomFlows } from "../bus/load/scenario.js";
import { Sender, sendWhile } from "../bus/load/sender.js";
import { untilDone } from "../measure/measure-load.js";
import { measureEachWhile } from "../measure/window.js";
import { cpuOf } from "../servers/process-tree.js";
import type { RedisServer } from "../servers/redis.js";
import type { Bridge, Contender } from "./contenders.js";
import type { BridgeWork, RedisWork, SiteMeasurement, SiteSettings } from "./results.js";
import { LOADS, type SiteWorkload, WORKERS } from "./workloads.js";

/** What follows the last message, and the first burst, are in no window. Milliseconds. */
const PAUSE = 300;
/** Whoever needs longer has workers that get every message, also those for others. Milliseconds. */
const WARM_UP_LIMIT = 12_000;
/** A bridge tells its numbers once a second. Milliseconds. */
const TELLING = 1_200;
const BURST = 50;
const SIZE = 100;

type Figures = Omit<SiteMeasurement, "round" | "variant" | "workload">;

/** @throws when the servers do not answer, or a delivery does not come at all */
export async function measureSite(
  contender: Contender,
  workload: SiteWorkload,
  settings: SiteSettings,
): Promise<Figures> {
  const { servers } = contender;
  const { membersEach, audience, warmUpEach } = LOADS[workload];
  const client = await BusClient.open(servers.ports, { workers: WORKERS, membersEach });
  const senders = await sendersOf(workload, client);
  // Another host knows of a join a few milliseconds after the client does: what it sends before that is not for that client.
  await sleep(PAUSE);
  await sendWhile(senders, () => untilDone(client, warmUpEach * settings.warmUp * WORKERS, WARM_UP_LIMIT));
  await sleep(PAUSE);
  const idleCpu = await idleCpuPerSecond(servers.roots, settings.idle);
  const before = await bridgesNow(contender);
  const { redis, window } = await sendWhile(senders, () => measureWindow(contender, client, settings));
  servers.check();
  const { figures, each } = window;
  const after = await bridgesNow(contender);
  await client.close();
  return {
    figures,
    idleCpu,
    broadcasts: figures.operations / audience,
    redis: { ...redis, cpu: each.get(contender.redis.child.pid) ?? 0 },
    bridges: workOf(before, after),
    failures: client.failures,
  };
}

async function sendersOf(workload: SiteWorkload, client: BusClient): Promise<Sender[]> {
  if (workload === "pairs") return createSenders("pairs", client);
  // Sessions come in turn to the hosts: the first two stations are on two of them.
  const flows = await roomFlows(client.stations, workload === "oneway" ? 1 : 2);
  const senderOf = (flow: Flow, sender: number): Sender =>
    new Sender({ ...flow, client, sender, count: BURST, size: SIZE });
  return flows.map(senderOf);
}

async function measureWindow({ servers, redis }: Contender, client: BusClient, { measured }: SiteSettings) {
  await sleep(PAUSE);
  const before = await workOfRedis(redis);
  const window = await measureEachWhile(servers, client, () => sleep(measured));
  const after = await workOfRedis(redis);
  const of = (name: keyof typeof after): number => after[name] - before[name];
  return { window, redis: { messages: of("messages"), read: of("read"), written: of("written") } };
}

async function workOfRedis(redis: RedisServer): Promise<Omit<RedisWork, "cpu">> {
  const [calls, traffic] = await Promise.all([redis.calls(), redis.traffic()]);
  const messages = ["publish", "spublish", "xadd"].reduce((sum, name) => sum + (calls[name] ?? 0), 0);
  return { messages, ...traffic };
}

async function idleCpuPerSecond(roots: readonly number[], duration: number): Promise<number> {
  const begin = { at: performance.now(), cpu: cpuOf(roots) };
  await sleep(duration);
  return ((cpuOf(roots) - begin.cpu) * 1000) / (performance.now() - begin.at);
}

/** While nothing is sent, so that counts and processor time are of the same messages. */
async function bridgesNow(contender: Contender): Promise<readonly Bridge[]> {
  await sleep(contender.servers.ports.length < WORKERS ? TELLING : 0);
  return contender.bridges();
}

function workOf(before: readonly Bridge[], after: readonly Bridge[]): BridgeWork[] {
  return after.map((bridge, host) => {
    const earlier = before[host];
    return {
      published: bridge.published - (earlier?.published ?? 0),
      received: bridge.received - (earlier?.received ?? 0),
      cpu: (bridge.bridge.cpu ?? 0) - (earlier?.bridge.cpu ?? 0),
    };
  });
}
