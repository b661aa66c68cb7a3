/** Bus benchmark: `npm run bench:bus`. Takes the contenders through the workloads in turns, and reports. */

import { runCommand, say } from "../command.js";
import { describeEnvironment } from "../measure/environment.js";
import { build, installPeers } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { type BusOptions, readBusOptions, USAGE } from "./options.js";
import { planBusTurns } from "./plan.js";
import { busTerminal } from "./report/markdown.js";
import { busProgressLine } from "./report/progress.js";
import { summarizeBus } from "./report/summary.js";
import type { BusMeasurement, BusResults } from "./results.js";
import { runBusTurn } from "./run-turn.js";

await runCommand(main, "npm run bench:bus -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readBusOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  installPeers();
  if (options.build && options.choice.variants.includes("holdfast")) build();
  const results = await run(options);
  process.stdout.write(busTerminal(summarizeBus(results)));
  if (options.json !== undefined) saveResults(results, options.json);
  return results.errors.length === 0 ? 0 : 1;
}

async function run({ settings, choice }: BusOptions): Promise<BusResults> {
  const measurements: BusMeasurement[] = [];
  const errors: string[] = [];
  for (const turn of planBusTurns(settings, choice)) {
    const { round, variant, workers, workload } = turn;
    try {
      const measurement = await runBusTurn(turn, settings);
      measurements.push(measurement);
      say(busProgressLine(measurement, settings.rounds));
    } catch (error) {
      // A contender that breaks down is a result too; the others go on.
      errors.push(
        `${workload}, ${variant}, ${workers} workers, round ${round + 1}: ${(error as Error).message}`,
      );
      say(errors.at(-1) ?? "");
    }
  }
  return { settings, environment: describeEnvironment(), errors, measurements };
}
