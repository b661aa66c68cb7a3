/**
 * CLI: entry of a short-lived process that reads the configuration for a primary that runs: modules are loaded afresh, and
 * whatever the file does, the primary lives on.
 */

import { HoldfastError, messageOf, UsageError } from "../base/errors.js";
import type { PlanAnswer } from "./reread-plan.js";
import { planOf, readSettings, type StartCommand } from "./start-plan.js";

process.once("message", (command: StartCommand) => {
  void answer(command).then((message) => process.send?.(message, () => process.exit(0)));
});

async function answer(command: StartCommand): Promise<PlanAnswer> {
  try {
    return { plan: planOf(await readSettings(command)) };
  } catch (error) {
    const code = error instanceof HoldfastError ? error.code : undefined;
    return { error: { code, message: messageOf(error), usage: error instanceof UsageError } };
  }
}
