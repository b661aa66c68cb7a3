/** Benchmark: what happens between two moments: processor time, operations, latencies. */

import { countOf, difference, quantileOf } from "../load/histogram.js";
import { cpuOf } from "../servers/process-tree.js";
import type { Servers } from "../servers/variant.js";
import type { Measurement } from "./results.js";

/** Whoever records each operation of the load. */
export type Recorder = {
  /** A copy of what was recorded so far. */
  latencies(): Uint32Array;
};

type Moment = { readonly at: number; readonly cpu: number; readonly latencies: Uint32Array };

export type WindowFigures = Pick<
  Measurement,
  "operations" | "operationsPerSecond" | "cpuPerOperation" | "latency"
>;

/** @returns the figures of the time in which `work` runs */
export async function measureWhile(
  servers: Servers,
  client: Recorder,
  work: () => Promise<unknown>,
): Promise<WindowFigures> {
  const begin = now(servers, client);
  await work();
  return figuresBetween(begin, now(servers, client));
}

function now(servers: Servers, client: Recorder): Moment {
  return { at: performance.now(), cpu: cpuOf(servers.roots), latencies: client.latencies() };
}

function figuresBetween(begin: Moment, end: Moment): WindowFigures {
  const latencies = difference(end.latencies, begin.latencies);
  const operations = countOf(latencies);
  return {
    operations,
    operationsPerSecond: (operations * 1000) / (end.at - begin.at),
    cpuPerOperation: (end.cpu - begin.cpu) / operations,
    latency: { p50: quantileOf(latencies, 0.5) / 1000, p99: quantileOf(latencies, 0.99) / 1000 },
  };
}
