/** Site benchmark: the command line of `npm run bench:site`. */

import { join, resolve } from "node:path";
import { namesOf, numberOf, parseFlags, ROUND_FLAGS } from "../options.js";
import { BENCH } from "../servers/plain.js";
import type { SiteSettings } from "./results.js";
import { SITE_VARIANTS, SITE_WORKLOADS, type SiteVariant, type SiteWorkload } from "./workloads.js";

export const USAGE = `npm run bench:site -- [options]

  --rounds N        rounds; the report takes medians (5)
  --only a,b        contenders out of ${SITE_VARIANTS.join(", ")}
  --workload a,b    workloads out of ${SITE_WORKLOADS.join(", ")}
  --quick           one short round, to try things out; its figures mean little
  --json FILE       where the raw figures go (bench/results/site.json after a full run)
  --no-build        use dist/ as it is
  --help
`;

export type SiteOptions = {
  readonly settings: SiteSettings;
  readonly variants: readonly SiteVariant[];
  readonly workloads: readonly SiteWorkload[];
  /** Absolute path of the file for the figures, or undefined when they are only shown. */
  readonly json: string | undefined;
  readonly build: boolean;
  readonly help: boolean;
};

const FULL = { measured: 2_500, idle: 1_500, warmUp: 1 };
const QUICK = { measured: 800, idle: 500, warmUp: 0.1 };

/** @throws {OptionError} */
export function readSiteOptions(args: readonly string[]): SiteOptions {
  const values = parseFlags(args, ROUND_FLAGS);
  const { quick, only, workload, json, help, "no-build": asItIs } = values;
  // Only a full run may replace the figures that the documentation shows.
  const usual = quick || only || workload ? undefined : join(BENCH, "results", "site.json");
  const rounds = numberOf("--rounds", values.rounds ?? (quick ? "1" : "5"), 1_000);
  return {
    settings: { rounds, ...(quick ? QUICK : FULL) },
    variants: namesOf("--only", only, SITE_VARIANTS),
    workloads: namesOf("--workload", workload, SITE_WORKLOADS),
    json: json === undefined ? usual : resolve(json),
    build: !asItIs,
    help,
  };
}
