/** Paper scale: `npm run bench:scale`. Measures what one message costs, and reckons what sites of many hosts need. */

import { runCommand, say } from "../command.js";
import { describeEnvironment } from "../measure/environment.js";
import { installPeers } from "../prepare.js";
import { saveResults } from "../report/write.js";
import { missingRedis, redisVersion } from "../servers/redis.js";
import { bridgeCosts } from "./bridge-costs.js";
import { measureRedis } from "./measure/redis-costs.js";
import { measureRoom } from "./measure/room-memory.js";
import { scaleRow } from "./model.js";
import { readScaleOptions, type ScaleOptions, USAGE } from "./options.js";
import { scaleTerminal } from "./report/markdown.js";
import type { ScaleResults } from "./results.js";

/** Rooms of which the memory of one is measured. */
const ROOMS = 500_000;

await runCommand(main, "npm run bench:scale -- --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readScaleOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const missing = missingRedis();
  if (missing !== undefined) throw new Error(missing);
  // The environment names their versions.
  installPeers();
  const results = await run(options);
  process.stdout.write(scaleTerminal(results));
  if (options.json !== undefined) saveResults(results, options.json);
  return 0;
}

async function run({ settings, bridge, measured }: ScaleOptions): Promise<ScaleResults> {
  say("memory of a room …");
  const room = await measureRoom(ROOMS);
  say("what a message costs Redis …");
  const redis = await measureRedis(measured);
  say("what a message costs a bridge …");
  const { from, ...client } = await bridgeCosts(bridge, 20 * measured);
  const costs = { room, ...redis, ...client };
  const { hosts, workers, loads, limits } = settings;
  const layouts = hosts.flatMap((count) => workers.map((each) => ({ hosts: count, workers: each })));
  const rows = loads.flatMap((load) => layouts.map((layout) => scaleRow(layout, load, costs, limits)));
  const environment = { ...describeEnvironment(), redis: redisVersion() };
  return { settings, environment, costs, bridgeFrom: from, rows };
}
