/** CLI: `holdfast reload`. */

import { askPrimary } from "./control-client.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { EXIT } from "./report-error.js";

/** Asks for a new generation, slot by slot; the primary answers when it is done or has failed. */
export async function reload(options: FleetOptions): Promise<number> {
  const { directory, status } = await findFleet(options.name);
  const since = Date.now();
  await askPrimary(directory, { method: "POST", path: "/reload" });
  const after = (await findFleet(status.name)).status;
  const generation = Math.max(...after.workers.map((worker) => worker.generation));
  const ms = Date.now() - since;
  const answer = { schemaVersion: 1, reloaded: status.name, generation, ms };
  const text = `Reloaded the fleet ${status.name}: all workers are of generation ${generation}, after ${ms} ms.`;
  process.stdout.write(`${options.json ? JSON.stringify(answer) : text}\n`);
  return EXIT.fine;
}
