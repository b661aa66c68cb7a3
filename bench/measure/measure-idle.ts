/** Benchmark: connects one after another, and what an idle connection weighs. */

import type { LoadClient } from "../load/load-client.js";
import { memoryOf } from "../servers/process-tree.js";
import type { Servers } from "../servers/variant.js";
import type { ConnectionMemory, RunSettings } from "./results.js";
import { measureWhile } from "./window.js";

/**
 * Sessions are open already when memory is read the first time: code is compiled and heaps have grown
 * to their working size by then, so that the growth is that of connections alone.
 */
export async function measureIdle(servers: Servers, client: LoadClient, settings: RunSettings) {
  const figures = await measureWhile(servers, client, () =>
    client.openOneAfterAnother(settings.rowOfConnects),
  );
  await client.openMany(settings.idleBefore);
  const before = await weigh(servers, client);
  await client.openMany(settings.idleConnections);
  const after = await weigh(servers, client);
  await client.closeIdle();
  return { ...figures, memory: growth(before, after, settings.idleConnections) };
}

async function weigh(servers: Servers, client: LoadClient): Promise<ConnectionMemory> {
  const { live, free } = await client.settle();
  const all = memoryOf(servers.roots);
  return { total: all - free, javascript: live, withFreeHeap: all };
}

function growth(before: ConnectionMemory, after: ConnectionMemory, connections: number): ConnectionMemory {
  const each = (what: keyof ConnectionMemory): number => (after[what] - before[what]) / connections;
  return { total: each("total"), javascript: each("javascript"), withFreeHeap: each("withFreeHeap") };
}
