/** Benchmark: what happens between two moments: processor time, operations, latencies. */

import { countOf, difference, quantileOf } from "../load/histogram.js";
import { cpuOfEach, sumOf } from "../servers/process-tree.js";
import type { Servers } from "../servers/variant.js";
import type { Measurement } from "./results.js";

/** Whoever records each operation of the load. */
export type Recorder = {
  /** A copy of what was recorded so far. */
  latencies(): Uint32Array;
};

/** Processor time of each process by its id. Microseconds. */
type CpuByProcess = ReadonlyMap<number, number>;

type Moment = { readonly at: number; readonly cpu: CpuByProcess; readonly latencies: Uint32Array };

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
  return (await measureEachWhile(servers, client, work)).figures;
}

/** @returns the same, and the processor time of each process that is there at the end */
export async function measureEachWhile(servers: Servers, client: Recorder, work: () => Promise<unknown>) {
  const begin = now(servers, client);
  await work();
  const end = now(servers, client);
  const each = new Map([...end.cpu].map(([pid, cpu]) => [pid, cpu - (begin.cpu.get(pid) ?? 0)]));
  return { figures: figuresBetween(begin, end), each };
}

function now(servers: Servers, client: Recorder): Moment {
  return { at: performance.now(), cpu: cpuOfEach(servers.roots), latencies: client.latencies() };
}

function figuresBetween(begin: Moment, end: Moment): WindowFigures {
  const latencies = difference(end.latencies, begin.latencies);
  const operations = countOf(latencies);
  return {
    operations,
    operationsPerSecond: (operations * 1000) / (end.at - begin.at),
    cpuPerOperation: (sumOf(end.cpu) - sumOf(begin.cpu)) / operations,
    latency: { p50: quantileOf(latencies, 0.5) / 1000, p99: quantileOf(latencies, 0.99) / 1000 },
  };
}
