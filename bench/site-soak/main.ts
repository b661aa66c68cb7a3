/** Soak of a site: `node bench/site-soak.mjs`. Minutes of traffic on three hosts, then each fault under traffic; reports what clients saw. */

import { CountingClient } from "../../test/helpers/site/counting-client.js";
import { TestSite } from "../../test/helpers/site/site.js";
import { flawsOf } from "../../test/helpers/traffic/report.js";
import { Traffic } from "../../test/helpers/traffic/traffic.js";
import { runCommand, say } from "../command.js";
import { describeEnvironment } from "../measure/environment.js";
import { installPeers, nginxVersion } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { redisVersion } from "../servers/redis.js";
import { readSoakOptions, type SoakOptions, USAGE } from "./options.js";
import { PHASES, type PhaseName } from "./phases.js";
import { phaseLine, soakTerminal } from "./report.js";
import type { SoakPhase, SoakResults, SoakSettings } from "./results.js";

/** Paces of the app, for many clients on few cores. Milliseconds. */
const PACE = { TICK: "2000", BROADCAST: "2000", QUESTION: "4000" };
const EVERY = 2_000;
/** Between two questions for how many there are. Milliseconds. */
const ASK_EVERY = 5_000;

await runCommand(main, "node bench/site-soak.mjs --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readSoakOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  installPeers();
  const phases = await runPhases(options);
  const environment = { ...describeEnvironment(nginxVersion()), redis: redisVersion() };
  const results: SoakResults = { settings: options.settings, environment, phases };
  process.stdout.write(soakTerminal(results));
  if (options.json !== undefined) saveResults(results, options.json);
  return phases.every(({ flaws, counts }) => flaws.length === 0 && counts.wrong === 0) ? 0 : 1;
}

async function runPhases({ settings, phases }: SoakOptions): Promise<SoakPhase[]> {
  const { hosts, workers, lease } = settings;
  const site = await TestSite.start({ hosts, workers, lease, env: PACE });
  try {
    const done: SoakPhase[] = [];
    for (const name of phases) {
      done.push(await runPhase(site, name, settings));
      say(phaseLine(done.at(-1) as SoakPhase));
    }
    return done;
  } finally {
    await site.end();
  }
}

async function runPhase(site: TestSite, name: PhaseName, settings: SoakSettings): Promise<SoakPhase> {
  const { title, front: kind, explains, counted = false, run } = PHASES[name];
  const began = performance.now();
  const front = await site.front(kind);
  // A connection that is kept is reset when nginx or a host goes; see CrowdOptions.keepAlive.
  const keepAlive = name !== "host-killed";
  const clients = kindsOf(settings.clients);
  const traffic = await Traffic.arrive(front.url, { clients, every: EVERY, keepAlive });
  try {
    const counting = counted ? await CountingClient.begin(site.living, traffic, ASK_EVERY) : undefined;
    const dead = await run(site, traffic, settings);
    const counts = (await counting?.end()) ?? { asked: 0, wrong: 0 };
    const { farLosses: _, ...report } = await traffic.finish(dead);
    const all = flawsOf({ ...report, farLosses: [] });
    const isExplained = (flaw: string): boolean => explains?.test(flaw) ?? false;
    return {
      name: title,
      ms: performance.now() - began,
      flaws: all.filter((flaw) => !isExplained(flaw)),
      explained: all.filter(isExplained),
      counts,
      report,
    };
  } finally {
    await traffic.end();
  }
}

/** Two in five by WebSocket, a fifth each polling and upgrading, the rest clients of Socket.IO 2. */
function kindsOf(clients: number) {
  const of = (share: number): number => Math.round(clients * share);
  const old = of(0.1);
  return {
    websocket: clients - 2 * of(0.2) - 2 * old,
    polling: of(0.2),
    upgrade: of(0.2),
    eio3: old,
    "eio3-polling": old,
  };
}
