/** Benchmark: `npm run bench`. Takes the variants through the workloads in turns, and reports. */

import { runCommand, say } from "./command.js";
import { describeEnvironment } from "./measure/environment.js";
import { planTurns } from "./measure/plan.js";
import type { Measurement, RunResults } from "./measure/results.js";
import { runTurn } from "./measure/run-turn.js";
import { type Options, readOptions, USAGE } from "./options.js";
import { build, installPeers, nginxVersion, selectVariants } from "./prepare.js";
import { progressLine } from "./report/progress.js";
import { summarize } from "./report/summary.js";
import { terminalReport } from "./report/terminal.js";
import { saveResults } from "./report/write.js";
import { BUILT_VARIANTS } from "./servers/variant.js";

await runCommand(main, "npm run bench -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  installPeers();
  if (options.build && options.variants.some((name) => BUILT_VARIANTS.includes(name))) build();
  const results = await run(options);
  process.stdout.write(terminalReport(summarize(results)));
  if (options.json !== undefined) saveResults(results, options.json);
  return results.errors.length === 0 ? 0 : 1;
}

async function run({ settings, variants: asked, workloads }: Options): Promise<RunResults> {
  const { variants, leftOut } = selectVariants(asked);
  for (const [name, reason] of Object.entries(leftOut)) say(`${name} is left out: ${reason}`);
  const measurements: Measurement[] = [];
  const errors: string[] = [];
  const measured = (measurement: Measurement): void => {
    measurements.push(measurement);
    say(progressLine(measurement, settings.rounds));
  };
  for (const turn of planTurns(settings.rounds, variants)) {
    // A variant that breaks down is a result too; the others go on.
    await runTurn({ turn, workloads, settings, measured }).catch((error: Error) => {
      errors.push(`${turn.variant}, round ${turn.round + 1}: ${error.message}`);
      say(errors.at(-1) ?? "");
    });
  }
  return { settings, environment: describeEnvironment(nginxVersion()), leftOut, errors, measurements };
}
