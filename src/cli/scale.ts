/** CLI: `holdfast scale <n>`. */

import { UsageError } from "../base/errors.js";
import { MAX_SLOTS } from "../config/limits.js";
import { askPrimary } from "./control-client.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { EXIT } from "./report-error.js";

/** Asks for another number of workers; the primary answers when they are ready, or the surplus is drained. */
export async function scale(written: string, options: FleetOptions): Promise<number> {
  const workers = checkCount(written);
  const { directory, status } = await findFleet(options.name);
  await askPrimary(directory, { method: "POST", path: "/scale", body: { workers } });
  const answer = { schemaVersion: 1, scaled: status.name, workers };
  const text = `Scaled the fleet ${status.name} to ${workers} ${workers === 1 ? "worker" : "workers"}.`;
  process.stdout.write(`${options.json ? JSON.stringify(answer) : text}\n`);
  return EXIT.fine;
}

function checkCount(written: string): number {
  const workers = /^\d+$/.test(written) ? Number(written) : 0;
  if (workers >= 1 && workers <= MAX_SLOTS) return workers;
  throw new UsageError(
    "ERR_USAGE",
    `The number of workers must be a whole number from 1 to ${MAX_SLOTS}, but is "${written}". Write, for example, holdfast scale 4`,
  );
}
