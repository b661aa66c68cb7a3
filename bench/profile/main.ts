/** Profile: `node bench/profile.mjs`. Where the server processes spend their time, function by function. */

import { runCommand } from "../command.js";
import { installPeers } from "../prepare.js";
import type { VariantName } from "../servers/variant.js";
import { type Column, costTable } from "./cost-table.js";
import { type ProfileOptions, readProfileOptions, USAGE } from "./options.js";
import { record } from "./record.js";
import { sampleShares } from "./sample-shares.js";

await runCommand(main, "node bench/profile.mjs --help");

async function main(args: readonly string[]): Promise<number> {
  const options = readProfileOptions(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  installPeers();
  const columns: Column[] = [];
  for (const variant of options.variants) columns.push(await profile(variant, options));
  process.stdout.write(costTable(columns, options.top));
  return 0;
}

/** Work of helper threads (compiling, collecting garbage) is spread over the functions: samples come from main threads only. */
async function profile(variant: VariantName, options: ProfileOptions): Promise<Column> {
  const { operations, cpuPerOperation, profiles } = await record(variant, options);
  const costs = [...sampleShares(profiles)].map(([name, share]) => [name, share * cpuPerOperation] as const);
  return { variant, operations, processes: profiles.length, costs: new Map(costs) };
}
