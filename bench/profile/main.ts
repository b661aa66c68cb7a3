/** Profile: `node bench/profile.mjs`. Where the server processes spend their time, function by function. */

import { OptionError } from "../options.js";
import { installPeers } from "../prepare.js";
import { stopLiving } from "../servers/child.js";
import type { VariantName } from "../servers/variant.js";
import { type Column, costTable } from "./cost-table.js";
import { type ProfileOptions, readProfileOptions, USAGE } from "./options.js";
import { record } from "./record.js";
import { selfTimes } from "./self-times.js";

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

async function profile(variant: VariantName, options: ProfileOptions): Promise<Column> {
  const { operations, profiles } = await record(variant, options);
  const perOperation = [...selfTimes(profiles)].map(([name, time]) => [name, time / operations] as const);
  return { variant, operations, processes: profiles.length, costs: new Map(perOperation) };
}
