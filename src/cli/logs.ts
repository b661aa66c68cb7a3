/** CLI: `holdfast logs`: what the workers printed lately, and Holdfast itself. */

import { UsageError } from "../base/errors.js";
import { MAX_SLOTS } from "../config/limits.js";
import type { LogLine } from "../protocol/log-line.js";
import { followPrimary, isGone } from "./control-client.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { print } from "./print.js";
import { EXIT } from "./report-error.js";

export type LogsOptions = FleetOptions & {
  readonly follow?: boolean;
  readonly slot?: string;
  readonly lines?: string;
};

/** Prints the last lines, oldest first, and with `--follow` each new one until the fleet ends or the command is interrupted. */
export async function logs(options: LogsOptions): Promise<number> {
  const query = new URLSearchParams();
  if (options.lines !== undefined) query.set("lines", `${number("--lines", options.lines, 1_000_000)}`);
  if (options.slot !== undefined) query.set("slot", `${number("--slot", options.slot, MAX_SLOTS - 1)}`);
  if (options.follow) query.set("follow", "1");
  const { directory, status } = await findFleet(options.name);
  const question = { method: "GET", path: `/logs?${query}` } as const;
  try {
    for await (const line of followPrimary(directory, question) as AsyncIterable<LogLine>) {
      await print(options.json ? `${JSON.stringify(line)}\n` : `${textOf(line)}\n`);
    }
  } catch (error) {
    if (!options.follow || !isGone(error)) throw error;
  }
  if (options.follow) process.stderr.write(`holdfast: The fleet ${status.name} has ended.\n`);
  return EXIT.fine;
}

/** As the primary itself prints it. */
function textOf({ stream, slot, text }: LogLine): string {
  return stream === "log" ? text : `${slot ?? "bridge"} | ${text}`;
}

function number(flag: string, written: string, most: number): number {
  const value = /^\d{1,9}$/.test(written) ? Number(written) : most + 1;
  if (value <= most) return value;
  throw new UsageError(
    "ERR_USAGE",
    `${flag} must be a whole number from 0 to ${most}, but is "${written}". Write, for example, holdfast logs ${flag} 1`,
  );
}
