/** Soak of a site: the command line of `node bench/site-soak.mjs`. */

import { join, resolve } from "node:path";
import { namesOf, numberOf, parseFlags } from "../options.js";
import { BENCH } from "../servers/plain.js";
import { PHASE_NAMES, type PhaseName } from "./phases.js";
import type { SoakSettings } from "./results.js";

export const USAGE = `node bench/site-soak.mjs [options]

Three hosts in network namespaces (needs root; else on loopback), a real Redis, nginx in front, and official clients of all kinds; npm run build first.

  --seconds N      of traffic before each of the two kinds of nginx (180)
  --clients N      in all (300)
  --away N         seconds that Redis stands still (10)
  --only a,b       phases out of ${PHASE_NAMES.join(", ")}
  --json FILE      where the figures go (bench/results/site-soak.json after a full run)
  --help
`;

const FLAGS = {
  seconds: { type: "string" },
  clients: { type: "string" },
  away: { type: "string" },
  only: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

export type SoakOptions = {
  readonly settings: SoakSettings;
  readonly phases: readonly PhaseName[];
  readonly json: string | undefined;
  readonly help: boolean;
};

/** @throws {OptionError} */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  const { seconds, clients, away, only, json, help } = parseFlags(args, FLAGS);
  const usual = seconds || clients || away || only ? undefined : join(BENCH, "results", "site-soak.json");
  return {
    settings: {
      traffic: 1_000 * numberOf("--seconds", seconds ?? "180", 86_400),
      clients: numberOf("--clients", clients ?? "300", 10_000),
      away: 1_000 * numberOf("--away", away ?? "10", 600),
      hosts: 3,
      workers: 2,
      lease: 5_000,
    },
    phases: namesOf("--only", only, PHASE_NAMES),
    json: json === undefined ? usual : resolve(json),
    help,
  };
}
