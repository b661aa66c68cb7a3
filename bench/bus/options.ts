/** Bus benchmark: the command line of `npm run bench:bus`. */

import { join, resolve } from "node:path";
import { namesOf, numberOf, parseFlags, ROUND_FLAGS } from "../options.js";
import { BENCH } from "../servers/plain.js";
import type { Choice } from "./plan.js";
import type { BusSettings } from "./results.js";
import { BUS_NAMES, BUS_VARIANTS } from "./workloads.js";

export const USAGE = `npm run bench:bus -- [options]

  --rounds N        rounds; the report takes medians (4); faults are done in half of them
  --only a,b        variants out of ${BUS_VARIANTS.join(", ")}
  --workload a,b    workloads out of ${BUS_NAMES.join(", ")}
  --quick           one short round, to try things out; its figures mean little
  --json FILE       where the raw figures go (bench/results/bus.json after a full run)
  --no-build        use dist/ as it is
  --help
`;

export type BusOptions = {
  readonly settings: BusSettings;
  readonly choice: Choice;
  /** Absolute path of the file for the figures, or undefined when they are only shown. */
  readonly json: string | undefined;
  readonly build: boolean;
  readonly help: boolean;
};

/** @throws {OptionError} */
export function readBusOptions(args: readonly string[]): BusOptions {
  const values = parseFlags(args, ROUND_FLAGS);
  const { quick, only, workload, json } = values;
  // Only a full run may replace the figures that the documentation shows.
  const usual = quick || only || workload ? undefined : join(BENCH, "results", "bus.json");
  return {
    settings: settingsOf(quick, numberOf("--rounds", values.rounds ?? (quick ? "1" : "4"), 1_000)),
    choice: {
      variants: namesOf("--only", only, BUS_VARIANTS),
      workloads: namesOf("--workload", workload, BUS_NAMES),
    },
    json: json === undefined ? usual : resolve(json),
    build: !values["no-build"],
    help: values.help,
  };
}

function settingsOf(quick: boolean, rounds: number): BusSettings {
  const sideRounds = Math.ceil(rounds / 2);
  return quick ? { rounds, sideRounds, ...QUICK } : { rounds, sideRounds, ...FULL };
}

const FULL = {
  measured: 2_500,
  idle: 1_500,
  warmUp: 1,
  stall: { before: 3_000, stopped: 5_000, after: 5_000 },
} as const;

const QUICK = {
  measured: 800,
  idle: 500,
  warmUp: 0.1,
  stall: { before: 1_000, stopped: 3_000, after: 2_000 },
} as const;
