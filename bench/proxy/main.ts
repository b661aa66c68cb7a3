/** Proxy benchmark: `npm run bench:proxy`. Compares what stands in front of the workers, and reports. */

import { runCommand, say } from "../command.js";
import { describeEnvironment } from "../measure/environment.js";
import { build, installPeers, nginxVersion, selectVariants } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { CONTENDERS, type ContenderName } from "./contenders.js";
import { type ProxyOptions, readProxyOptions, USAGE } from "./options.js";
import { proxyTerminal } from "./report/markdown.js";
import { proxyProgressLine } from "./report/progress.js";
import { summarizeProxy } from "./report/summary.js";
import type { ProxyMeasurement, ProxyResults } from "./results.js";
import { runStage } from "./run-stage.js";

await runCommand(main, "npm run bench:proxy -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readProxyOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  installPeers();
  if (options.build) build();
  const results = await run(options);
  process.stdout.write(proxyTerminal(summarizeProxy(results)));
  if (options.json !== undefined) saveResults(results, options.json);
  return results.errors.length === 0 ? 0 : 1;
}

async function run({ settings, contenders: asked, loads }: ProxyOptions): Promise<ProxyResults> {
  const variantOf = (name: ContenderName) => CONTENDERS[name].variant;
  const { variants, leftOut } = selectVariants([...new Set(asked.map(variantOf))]);
  for (const [name, reason] of Object.entries(leftOut)) say(`${name} is left out: ${reason}`);
  const contenders = asked.filter((name) => variants.includes(variantOf(name)));
  const measurements: ProxyMeasurement[] = [];
  const errors: string[] = [];
  const measured = (measurement: ProxyMeasurement): void => {
    measurements.push(measurement);
    say(proxyProgressLine(measurement, settings));
  };
  for (let stage = 0; stage < settings.stages; stage += 1) {
    // What was measured before it broke down counts; the next stage begins with fresh servers.
    await runStage({ stage, contenders, loads, settings, measured }).catch((error: Error) => {
      errors.push(`stage ${stage + 1}: ${error.message}`);
      say(errors.at(-1) ?? "");
    });
  }
  return { settings, environment: describeEnvironment(nginxVersion()), leftOut, errors, measurements };
}
