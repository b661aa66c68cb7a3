/** Site benchmark: `npm run bench:site`. Takes the contenders through the workloads in turns, and reports. */

import { runCommand, say } from "../command.js";
import { describeEnvironment, versionsOf } from "../measure/environment.js";
import { rotate } from "../measure/plan.js";
import { build, installPeers } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { missingRedis, redisVersion } from "../servers/redis.js";
import { temporaryDirectory } from "../servers/temporary.js";
import { startContender } from "./contenders.js";
import { measureSite } from "./measure.js";
import { readSiteOptions, type SiteOptions, USAGE } from "./options.js";
import { bridgeCosts } from "./report/bridge.js";
import { siteTerminal } from "./report/markdown.js";
import { siteProgressLine } from "./report/progress.js";
import type { SiteMeasurement, SiteResults, SiteSettings } from "./results.js";
import { LOADS, type SiteVariant, type SiteWorkload } from "./workloads.js";

const ADAPTERS = ["@socket.io/redis-adapter", "@socket.io/redis-streams-adapter", "ioredis"];

type Turn = Pick<SiteMeasurement, "round" | "variant" | "workload">;

await runCommand(main, "npm run bench:site -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readSiteOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const missing = missingRedis();
  if (missing !== undefined) throw new Error(missing);
  installPeers();
  if (options.build && options.variants.includes("holdfast")) build();
  const results = await run(options);
  process.stdout.write(siteTerminal(results));
  if (options.json !== undefined) saveResults(results, options.json);
  return results.errors.length === 0 ? 0 : 1;
}

async function run(options: SiteOptions): Promise<SiteResults> {
  const { settings } = options;
  const measurements: SiteMeasurement[] = [];
  const errors: string[] = [];
  for (const turn of turnsOf(options)) {
    try {
      const measurement = await runTurn(turn, settings);
      measurements.push(measurement);
      say(siteProgressLine(measurement, settings.rounds));
    } catch (error) {
      // A contender that breaks down is a result too; the others go on.
      errors.push(`${turn.workload}, ${turn.variant}, round ${turn.round + 1}: ${(error as Error).message}`);
      say(errors.at(-1) ?? "");
    }
  }
  const environment = { ...describeEnvironment(), ...versionsOf(ADAPTERS), redis: redisVersion() };
  const bridge = bridgeCosts(measurements);
  return { settings, environment, errors, measurements, ...(bridge !== undefined && { bridge }) };
}

/** Contenders of one workload follow one another, beginning with another one in each round. */
function turnsOf({ settings, variants, workloads }: SiteOptions): Turn[] {
  const entrants = (workload: SiteWorkload): SiteVariant[] =>
    LOADS[workload].variants.filter((variant) => variants.includes(variant));
  return Array.from({ length: settings.rounds }, (_, round) =>
    workloads.flatMap((workload) =>
      rotate(entrants(workload), round).map((variant) => ({ round, variant, workload })),
    ),
  ).flat();
}

async function runTurn(turn: Turn, settings: SiteSettings): Promise<SiteMeasurement> {
  const contender = await startContender(turn.variant, temporaryDirectory());
  try {
    return { ...turn, ...(await measureSite(contender, turn.workload, settings)) };
  } finally {
    await contender.servers.stop();
  }
}
