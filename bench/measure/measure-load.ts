/** Benchmark: one load against one variant: warm-up, window, stop. */

import { setTimeout as sleep } from "node:timers/promises";
import { countOf } from "../load/histogram.js";
import type { LoadClient } from "../load/load-client.js";
import type { Servers } from "../servers/variant.js";
import { LOADS, type LoadName } from "../workloads.js";
import type { RunSettings } from "./results.js";
import { measureWhile, type Recorder } from "./window.js";

/** A warm-up that takes longer ends. Milliseconds. */
const WARM_UP_LIMIT = 20_000;
const WARM_UP_STEP = 50;

/** @returns the figures of the window; failures and sessions are in the client's tally */
export async function measureLoad(
  load: LoadName,
  servers: Servers,
  client: LoadClient,
  settings: RunSettings,
) {
  await client.start(load);
  await warmUp(client, load, settings.warmUpSessions * servers.workers);
  const figures = await measureWhile(servers, client, () => sleep(settings.measured));
  await client.stop();
  return figures;
}

/**
 * Every worker does the same work before the window, however fast the variant is:
 * otherwise a slower one would be measured with less of its code optimised.
 */
export function warmUp(client: LoadClient, load: LoadName, sessions: number): Promise<void> {
  return untilDone(client, sessions * LOADS[load].perSession);
}

/** Settles when so many operations more have been done, or it takes too long. @param most milliseconds */
export async function untilDone(client: Recorder, operations: number, most = WARM_UP_LIMIT): Promise<void> {
  const limit = performance.now() + most;
  const wanted = countOf(client.latencies()) + operations;
  while (countOf(client.latencies()) < wanted && performance.now() < limit) await sleep(WARM_UP_STEP);
}
