/** CLI: an order that takes its time, from its word to its end, with progress in between. */

import { constants } from "node:os";
import { HoldfastError } from "../base/errors.js";
import type { ChangeProgress, FleetStatus } from "../protocol/status.js";
import { followPrimary, isGone, type Question } from "./control-client.js";
import type { RunningFleet } from "./find-fleet.js";
import { type ProgressDisplay, progressDisplay } from "./progress-display.js";

export type Change = Pick<Question, "path" | "body" | "isPrivate"> & { readonly what: "reload" | "scale" };

export type ChangeOutcome = {
  readonly status: FleetStatus;
  readonly warnings: readonly string[];
  readonly ms: number;
};

/**
 * Gives the order, and returns when the fleet has carried it out.
 * @throws {HoldfastError} the fleet's refusal; ERR_PRIMARY_GONE when its primary ends before
 */
export async function followChange(
  fleet: RunningFleet,
  change: Change,
  options: { readonly json?: boolean | undefined },
): Promise<ChangeOutcome> {
  const since = Date.now();
  const display = progressDisplay(options.json === true);
  const forget = onInterrupt(change, fleet, display);
  try {
    const { warnings = [], ...status } = await answerOf(fleet, change, display);
    return { status, warnings, ms: Date.now() - since };
  } finally {
    forget();
    display.clear();
  }
}

type Done = FleetStatus & { readonly warnings?: readonly string[] };
/** The last form is the whole answer of a primary of an earlier version. */
type Line = { readonly progress?: ChangeProgress; readonly done?: Done } & Partial<Done>;

async function answerOf(
  { directory, status }: RunningFleet,
  { path, body, isPrivate = false, what }: Change,
  display: ProgressDisplay,
): Promise<Done> {
  const question = { method: "POST", path, body: body ?? {}, isPrivate } as const;
  try {
    for await (const line of followPrimary(directory, question) as AsyncIterable<Line>) {
      if (line.progress !== undefined) display.show(line.progress);
      else if (line.done !== undefined) return line.done;
      else if (line.workers !== undefined) return line as Done;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  throw new HoldfastError(
    "ERR_PRIMARY_GONE",
    `The primary of the fleet ${status.name} (pid ${status.pid}) ended before the ${what} did. Its workers drain and exit by themselves; start the fleet again.`,
  );
}

/** Whoever interrupts the command does not interrupt the fleet. @returns a function that stops listening */
function onInterrupt({ what }: Change, { status }: RunningFleet, display: ProgressDisplay): () => void {
  const listener = (signal: "SIGINT" | "SIGTERM"): void => {
    display.clear();
    process.stderr.write(
      `holdfast: The ${what} goes on without this command; "holdfast status --name ${status.name}" shows how far it is.\n`,
    );
    process.exit(128 + constants.signals[signal]);
  };
  process.on("SIGINT", listener).on("SIGTERM", listener);
  return () => process.off("SIGINT", listener).off("SIGTERM", listener);
}
