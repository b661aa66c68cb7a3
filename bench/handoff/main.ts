/** Handoff benchmark: `npm run bench:handoff`. What clients notice of reloads, and how long a session stands still. */

import { runCommand, say } from "../command.js";
import { describeEnvironment } from "../measure/environment.js";
import { build, installPeers } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { type HandoffOptions, readHandoffOptions, USAGE } from "./options.js";
import { handoffTerminal } from "./report/markdown.js";
import type { HandoffResults, MeasuredCrowd, MeasuredPause } from "./results.js";
import { type Change, runCrowd } from "./run-crowd.js";

await runCommand(main, "npm run bench:handoff -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readHandoffOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  // The environment names their versions.
  installPeers();
  if (options.build) build();
  const results = await run(options);
  process.stdout.write(handoffTerminal(results));
  if (options.json !== undefined) saveResults(results, options.json);
  return results.errors.length === 0 ? 0 : 1;
}

async function run({ settings, parts }: HandoffOptions): Promise<HandoffResults> {
  const { between } = settings;
  const errors: string[] = [];
  const attempt = async (what: string, work: () => Promise<MeasuredCrowd>) => {
    try {
      say(what);
      return await work();
    } catch (error) {
      // What breaks down is a result too; the other turns go on.
      errors.push(`${what}: ${(error as Error).message}`);
      say(errors.at(-1) ?? "");
      return undefined;
    }
  };
  const crowd = parts.includes("crowd")
    ? await attempt("crowd", () =>
        runCrowd({ ...settings.crowd, changes: reloads(settings.crowd.reloads), between }),
      )
    : undefined;
  const { scale } = settings;
  const scaled =
    scale && parts.includes("scale")
      ? await attempt("more and fewer workers", () => runCrowd({ ...scale, changes: scale.to, between }))
      : undefined;
  const pauses: MeasuredPause[] = [];
  for (const sessions of parts.includes("pauses") ? settings.pauses.sessions : []) {
    const plan = {
      ...settings.pauses,
      workers: 1,
      clients: { websocket: sessions },
      newcomers: 0,
      changes: reloads(settings.pauses.reloads),
      between,
    };
    const measured = await attempt(`${sessions} sessions on one worker`, () => runCrowd(plan));
    if (measured !== undefined) pauses.push({ ...measured, sessions });
  }
  return {
    settings,
    environment: describeEnvironment(),
    errors,
    ...(crowd && { crowd }),
    ...(scaled && { scaled }),
    pauses,
  };
}

function reloads(count: number): Change[] {
  return Array<Change>(count).fill("reload");
}
