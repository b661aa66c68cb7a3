/** Profile: `node bench/profile.mjs`. Where the server processes spend their time, function by function. */

import { OptionError } from "../options.js";
import { installPeers } from "../prepare.js";
import { stopLiving } from "../servers/child.js";
import type { VariantName } from "../servers/variant.js";
import { type Column, costTable } from "./cost-table.js";
import { type ProfileOptions, readProfileOptions, USAGE } from "./options.js";
import { record } from "./record.js";
import { sampleShares } from "./sample-shares.js";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => stopLiving().finally(() => process.exit(1)));
}

try {
  await main(readProfileOptions(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(
    error instanceof OptionError
      ? `${error.message}\nAll options: node bench/profile.mjs --help\n`
      : `${(error as Error).message}\n`,
  );
  process.exitCode = error instanceof OptionError ? 2 : 1;
}

async function main(options: ProfileOptions): Promise<void> {
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  installPeers();
  const columns: Column[] = [];
  for (const variant of options.variants) columns.push(await profile(variant, options));
  process.stdout.write(costTable(columns, options.top));
}

/** Work of helper threads (compiling, collecting garbage) is spread over the functions: samples come from main threads only. */
async function profile(variant: VariantName, options: ProfileOptions): Promise<Column> {
  const { operations, cpuPerOperation, profiles } = await record(variant, options);
  const costs = [...sampleShares(profiles)].map(([name, share]) => [name, share * cpuPerOperation] as const);
  return { variant, operations, processes: profiles.length, costs: new Map(costs) };
}
