/** Profile: the command line of `node bench/profile.mjs`. */

import { namesOf, numberOf, parseFlags } from "../options.js";
import { VARIANT_NAMES, type VariantName } from "../servers/variant.js";
import { LOAD_NAMES, type LoadName } from "../workloads.js";

export const USAGE = `node bench/profile.mjs [options]

  --workload NAME   one of ${LOAD_NAMES.join(", ")} (echo)
  --only a,b        variants out of ${VARIANT_NAMES.join(", ")} (holdfast); two are compared
  --workers N       worker processes (2)
  --seconds N       how long to record (4)
  --top N           functions to print (40)

The profiles stay in bench/results/tmp/ and open in Chrome's developer tools.
`;

export type ProfileOptions = {
  readonly load: LoadName;
  readonly variants: readonly VariantName[];
  readonly workers: number;
  readonly seconds: number;
  readonly top: number;
  readonly help: boolean;
};

const FLAGS = {
  workload: { type: "string", default: "echo" },
  only: { type: "string", default: "holdfast" },
  workers: { type: "string", default: "2" },
  seconds: { type: "string", default: "4" },
  top: { type: "string", default: "40" },
  help: { type: "boolean", default: false },
} as const;

/** @throws when an option cannot be used */
export function readProfileOptions(args: readonly string[]): ProfileOptions {
  const values = parseFlags(args, FLAGS);
  const [load = "echo"] = namesOf("--workload", values.workload, LOAD_NAMES);
  return {
    load,
    variants: namesOf("--only", values.only, VARIANT_NAMES),
    workers: numberOf("--workers", values.workers, 1296),
    seconds: numberOf("--seconds", values.seconds, 600),
    top: numberOf("--top", values.top, 10_000),
    help: values.help,
  };
}
