/** CLI: `holdfast scale <n>`. */

import { UsageError } from "../base/errors.js";
import { MAX_SLOTS } from "../config/limits.js";
import type { ChangeProgress } from "../protocol/status.js";
import { droppedText } from "./change-words.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { followChange } from "./follow-change.js";
import { print } from "./print.js";
import { EXIT } from "./report-error.js";

export type ScaleOptions = FleetOptions & { readonly rebalance?: boolean };

/** Asks for another number of workers; the primary answers when they are ready, or the surplus is gone. */
export async function scale(written: string, options: ScaleOptions): Promise<number> {
  const workers = checkCount(written);
  const fleet = await findFleet(options.name);
  const body = { workers, ...(options.rebalance && { rebalance: true }) };
  const { status, warnings, ms } = await followChange(
    fleet,
    { what: "scale", path: "/scale", body },
    options,
  );
  const change = status.lastChange?.what === "scale" ? status.lastChange : null;
  const answer = { schemaVersion: 1, scaled: status.name, workers, ms, change, warnings };
  await print(`${options.json ? JSON.stringify(answer) : textOf(status.name, workers, change)}\n`);
  return EXIT.fine;
}

function textOf(name: string, workers: number, change: ChangeProgress | null): string {
  const scaled = `Scaled the fleet ${name} to ${workers} ${workers === 1 ? "worker" : "workers"}.`;
  if (change === null || change.moved + change.closed === 0) return scaled;
  const moved = change.moved === 1 ? "1 session" : `${change.moved.toLocaleString("en-US")} sessions`;
  const pause = change.moved === 0 ? "" : `, longest pause ${Math.round(change.longestPause)} ms`;
  return [`${scaled} ${moved} moved${pause}.`, droppedText(change)].filter(Boolean).join(" ");
}

function checkCount(written: string): number {
  const workers = /^\d+$/.test(written) ? Number(written) : 0;
  if (workers >= 1 && workers <= MAX_SLOTS) return workers;
  throw new UsageError(
    "ERR_USAGE",
    `The number of workers must be a whole number from 1 to ${MAX_SLOTS}, but is "${written}". Write, for example, holdfast scale 4`,
  );
}
