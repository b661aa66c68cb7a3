/** Benchmark: the command line of `npm run bench`. */

import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { RunSettings } from "./measure/results.js";
import { BENCH } from "./servers/plain.js";
import { USUAL_VARIANTS, VARIANT_NAMES, type VariantName } from "./servers/variant.js";
import { WORKLOAD_NAMES, type WorkloadName } from "./workloads.js";

export const USAGE = `npm run bench -- [options]

  --workers N            worker processes of each variant (2)
  --rounds N             rounds; the report takes medians (5)
  --warm-up N            sessions for each worker before figures are taken (1500 with 2 workers, 500 with 8)
  --only a,b             variants out of ${VARIANT_NAMES.join(", ")} (the first ${USUAL_VARIANTS.length})
  --workload a,b         workloads out of ${WORKLOAD_NAMES.join(", ")}
  --shared-connections   polling sessions share keep-alive connections, as behind a proxy
  --quick                one short round, to try things out; its figures mean little
  --json FILE            where the raw figures go (bench/results/<workers>-workers.json after a full run)
  --no-build             use dist/ as it is
  --help
`;

export type Options = {
  readonly settings: RunSettings;
  readonly variants: readonly VariantName[];
  readonly workloads: readonly WorkloadName[];
  /** Absolute path of the file for the figures, or undefined when they are only shown. */
  readonly json: string | undefined;
  readonly build: boolean;
  readonly help: boolean;
};

/** A command line that cannot be used; the message is one sentence for the user. */
export class OptionError extends Error {}

/** @throws {OptionError} */
export function readOptions(args: readonly string[]): Options {
  const values = parseFlags(args, FLAGS);
  const workers = numberOf("--workers", values.workers, 1296);
  return {
    settings: settingsOf(values, workers),
    variants: namesOf("--only", values.only ?? USUAL_VARIANTS.join(","), VARIANT_NAMES),
    workloads: namesOf("--workload", values.workload, WORKLOAD_NAMES),
    json: values.json === undefined ? usualFile(values, workers) : resolve(values.json),
    build: !values["no-build"],
    help: values.help,
  };
}

/** Of every benchmark that takes contenders through workloads in rounds. */
export const ROUND_FLAGS = {
  rounds: { type: "string" },
  only: { type: "string" },
  workload: { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "string" },
  "no-build": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const FLAGS = {
  ...ROUND_FLAGS,
  workers: { type: "string", default: "2" },
  "shared-connections": { type: "boolean", default: false },
  "warm-up": { type: "string" },
} as const;

type Flags = NonNullable<ParseArgsConfig["options"]>;
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>;

/** @throws {OptionError} */
export function parseFlags<const Known extends Flags>(args: readonly string[], options: Known) {
  try {
    return parseArgs<{ args: string[]; options: Known; strict: true }>({
      args: [...args],
      options,
      strict: true,
    }).values;
  } catch (error) {
    throw new OptionError((error as Error).message);
  }
}

/** Only a full run may replace the figures that the documentation shows. */
function usualFile(values: Values, workers: number): string | undefined {
  const partial = values.quick || values["shared-connections"] || values.only || values.workload;
  return partial ? undefined : join(BENCH, "results", `${workers}-workers.json`);
}

function settingsOf(values: Values, workers: number): RunSettings {
  const { quick } = values;
  const warmUp = values["warm-up"] ?? String(usualWarmUp(quick, workers));
  return {
    ...durations(quick),
    workers,
    rounds: numberOf("--rounds", values.rounds ?? (quick ? "1" : "5"), 1_000),
    warmUpSessions: numberOf("--warm-up", warmUp, 1_000_000),
    sharedConnections: values["shared-connections"],
  };
}

function durations(quick: boolean) {
  const threads = Math.min(2, availableParallelism());
  if (quick) return { threads, measured: 500, rowOfConnects: 200, idleBefore: 200, idleConnections: 400 };
  return { threads, measured: 2_500, rowOfConnects: 1_000, idleBefore: 2_000, idleConnections: 4_000 };
}

/** Many workers warm up less each: on the same cores, the same for each would take many times as long. */
function usualWarmUp(quick: boolean, workers: number): number {
  return quick ? 50 : Math.min(1_500, Math.max(500, Math.round(3_000 / workers)));
}

export function numberOf(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new OptionError(`${flag} ${text} cannot be used: write a whole number from 1 to ${most}.`);
}

export function namesOf<Name extends string>(
  flag: string,
  list: string | undefined,
  known: readonly Name[],
): Name[] {
  if (list === undefined) return [...known];
  const asked = list.split(",");
  const wrong = asked.find((name) => !known.some((other) => other === name));
  if (wrong !== undefined) {
    throw new OptionError(`${flag} ${wrong} cannot be used: choose from ${known.join(", ")}.`);
  }
  return known.filter((name) => asked.includes(name));
}
