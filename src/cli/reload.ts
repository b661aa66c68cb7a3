/** CLI: `holdfast reload`. */

import { UsageError } from "../base/errors.js";
import { MAX_SLOTS } from "../config/limits.js";
import { droppedText, summaryText } from "./change-words.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { followChange } from "./follow-change.js";
import { print } from "./print.js";
import { EXIT } from "./report-error.js";
import { formatTime } from "./table.js";

export type ReloadOptions = FleetOptions & { readonly parallel?: string; readonly updateEnv?: boolean };

/** Asks for a new generation, slot by slot, and says how it went. */
export async function reload(options: ReloadOptions): Promise<number> {
  const parallel = options.parallel === undefined ? undefined : checkParallel(options.parallel);
  const fleet = await findFleet(options.name);
  const env = options.updateEnv ? process.env : undefined;
  const body = { ...(parallel !== undefined && { parallel }), ...(env && { env }) };
  const order = { what: "reload", path: "/reload", body, isPrivate: env !== undefined } as const;
  const { status, warnings, ms } = await followChange(fleet, order, options);
  const generation = Math.max(...status.workers.map((worker) => worker.generation));
  const change = status.lastChange ?? null;
  if (options.json) {
    const answer = { schemaVersion: 1, reloaded: status.name, generation, ms, change, warnings };
    await print(`${JSON.stringify(answer)}\n`);
    return EXIT.fine;
  }
  for (const warning of warnings) process.stderr.write(`holdfast: ${warning}\n`);
  const summary = summaryText("reloaded", change?.slots ?? status.workers.length, change);
  const dropped = change && droppedText(change);
  await print(
    `${summary} (${status.name}, generation ${generation}, ${formatTime(ms)})\n${dropped ? `${dropped}\n` : ""}`,
  );
  return EXIT.fine;
}

function checkParallel(written: string): number {
  const slots = /^\d+$/.test(written) ? Number(written) : 0;
  if (slots >= 1 && slots <= MAX_SLOTS) return slots;
  throw new UsageError(
    "ERR_USAGE",
    `--parallel must be a whole number from 1 to ${MAX_SLOTS}, but is "${written}". Write, for example, holdfast reload --parallel 2`,
  );
}
