/** Benchmark: one load against one variant: warm-up, window, stop. */

import { setTimeout as sleep } from "node:timers/promises";
import type { LoadClient } from "../load/load-client.js";
import type { Servers } from "../servers/variant.js";
import type { LoadName } from "../workloads.js";
import type { RunSettings } from "./results.js";
import { measureWhile } from "./window.js";

/** @returns the figures of the window; failures and sessions are in the client's tally */
export async function measureLoad(
  load: LoadName,
  servers: Servers,
  client: LoadClient,
  settings: RunSettings,
) {
  await client.start(load);
  await sleep(settings.warmUp);
  const figures = await measureWhile(servers, client, () => sleep(settings.measured));
  await client.stop();
  return figures;
}
