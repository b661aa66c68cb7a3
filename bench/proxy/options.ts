/** Proxy benchmark: the command line of `npm run bench:proxy`. */

import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { namesOf, numberOf, parseFlags, ROUND_FLAGS } from "../options.js";
import { BENCH } from "../servers/plain.js";
import { LOAD_NAMES, type LoadName } from "../workloads.js";
import { CONTENDER_NAMES, type ContenderName } from "./contenders.js";
import type { ProxySettings } from "./results.js";

export const USAGE = `npm run bench:proxy -- [options]

  --workers N       worker processes of each contender (2)
  --stages N        how often all servers are started anew (2)
  --rounds N        windows of each contender and workload in each stage (6); the report takes medians over all
  --only a,b        contenders out of ${CONTENDER_NAMES.join(", ")}
  --workload a,b    workloads out of ${LOAD_NAMES.join(", ")}
  --quick           one stage, two short rounds, to try things out; its figures mean little
  --json FILE       where the raw figures go (bench/results/proxy.json after a full run)
  --no-build        use dist/ as it is
  --help
`;

export type ProxyOptions = {
  readonly settings: ProxySettings;
  readonly contenders: readonly ContenderName[];
  readonly loads: readonly LoadName[];
  /** Absolute path of the file for the figures, or undefined when they are only shown. */
  readonly json: string | undefined;
  readonly build: boolean;
  readonly help: boolean;
};

const FLAGS = {
  ...ROUND_FLAGS,
  workers: { type: "string", default: "2" },
  stages: { type: "string" },
} as const;

const FULL = { stages: "2", rounds: "6", warmUpSessions: 4_000, standing: 100, leadIn: 200, measured: 1_000 };
const QUICK = { stages: "1", rounds: "2", warmUpSessions: 50, standing: 20, leadIn: 200, measured: 400 };

/** @throws {OptionError} */
export function readProxyOptions(args: readonly string[]): ProxyOptions {
  const values = parseFlags(args, FLAGS);
  const { quick, only, workload, json } = values;
  const usual = quick ? QUICK : FULL;
  // Only a full run may replace the figures that the documentation shows.
  const usualFile = quick || only || workload ? undefined : join(BENCH, "results", "proxy.json");
  return {
    settings: {
      ...usual,
      workers: numberOf("--workers", values.workers, 1296),
      stages: numberOf("--stages", values.stages ?? usual.stages, 100),
      rounds: numberOf("--rounds", values.rounds ?? usual.rounds, 1_000),
      threads: Math.min(2, availableParallelism()),
    },
    contenders: namesOf("--only", only, CONTENDER_NAMES),
    loads: namesOf("--workload", workload, LOAD_NAMES),
    json: json === undefined ? usualFile : resolve(json),
    build: !values["no-build"],
    help: values.help,
  };
}
