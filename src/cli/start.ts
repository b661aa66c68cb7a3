/** CLI: `holdfast start`: settings and app are checked, then this very process becomes the primary. */

import { endOnSignalsAsPidOne } from "../primary/signals.js";
import { exitCodeOf, report } from "./report-error.js";
import { rereadPlan } from "./reread-plan.js";
import { planOf, readSettings, type WrittenOptions } from "./start-plan.js";

/** Runs the app until it is stopped. @returns the exit code @throws {HoldfastError} for settings or an app that cannot be used */
export async function start(
  entry: string,
  args: readonly string[],
  written: WrittenOptions,
): Promise<number> {
  endOnSignalsAsPidOne();
  const command = { entry, args, written };
  const folder = process.cwd();
  const settings = await readSettings(command);
  try {
    const plan = planOf(settings);
    const { runPrimary } = await import("../primary/run-primary.js");
    return await runPrimary(plan, { read: (env) => rereadPlan(command, { folder, env }) });
  } catch (error) {
    // Only here it is known which form was asked for.
    report(error, { json: settings.log === "json" });
    return exitCodeOf(error);
  }
}
