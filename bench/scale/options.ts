/** Paper scale: the command line of `npm run bench:scale`. */

import { join, resolve } from "node:path";
import { numberOf, OptionError, parseFlags } from "../options.js";
import { BENCH } from "../servers/plain.js";
import type { Load } from "./figures.js";
import { HOSTS, LIMITS, LOADS, WORKERS } from "./loads.js";
import type { ScaleSettings } from "./results.js";

export const USAGE = `npm run bench:scale -- [options]

What sites of many hosts have to carry, on paper: from what one message costs, measured here with the real redis-server.

  --hosts a,b         numbers of hosts (${HOSTS.join(",")})
  --workers a,b       workers on each host (${WORKERS.join(",")})
  --sessions N        a load of your own: sessions on each host
  --rooms-each N      … rooms that each session is in (1)
  --members N         … members of a room (20)
  --per-second N      … broadcasts that each session causes in a second (0.1)
  --bytes N           … of a message (200)
  --stay SECONDS      … how long a session stays (600)
  --lease MS          (${LIMITS.lease})
  --bridge-out US     processor time of a bridge for a message that it brings to Redis; else that of \`npm run bench:site\`,
  --bridge-in US      … or for one that comes from there   without such a run that of the Redis client alone
  --quick             measure for a moment only, to try things out
  --json FILE         where the figures go (bench/results/scale.json after a full run)
  --help
`;

const FLAGS = {
  hosts: { type: "string" },
  workers: { type: "string" },
  sessions: { type: "string" },
  "rooms-each": { type: "string" },
  members: { type: "string" },
  "per-second": { type: "string" },
  bytes: { type: "string" },
  stay: { type: "string" },
  lease: { type: "string" },
  "bridge-out": { type: "string" },
  "bridge-in": { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

export type ScaleOptions = {
  readonly settings: ScaleSettings;
  /** Where it is given. Microseconds. */
  readonly bridge: { readonly out?: number; readonly in?: number };
  /** For each figure. Milliseconds. */
  readonly measured: number;
  readonly json: string | undefined;
  readonly help: boolean;
};

/** @throws {OptionError} */
export function readScaleOptions(args: readonly string[]): ScaleOptions {
  const values = parseFlags(args, FLAGS);
  const own = values.sessions !== undefined;
  const partial = values.quick || own || values.hosts || values.workers || values.lease;
  const usualFile = partial ? undefined : join(BENCH, "results", "scale.json");
  const [out, into] = [values["bridge-out"], values["bridge-in"]];
  return {
    settings: {
      hosts: listOf("--hosts", values.hosts, HOSTS, 1296),
      workers: listOf("--workers", values.workers, WORKERS, 1296),
      loads: own ? [ownLoad(values)] : LOADS,
      limits: { ...LIMITS, lease: amountOf("--lease", values.lease, LIMITS.lease) },
    },
    bridge: {
      ...(out !== undefined && { out: amountOf("--bridge-out", out, 0) }),
      ...(into !== undefined && { in: amountOf("--bridge-in", into, 0) }),
    },
    measured: values.quick ? 200 : 2_000,
    json: values.json === undefined ? usualFile : resolve(values.json),
    help: values.help,
  };
}

function ownLoad(values: Readonly<Record<string, unknown>>): Load {
  const of = (flag: string, usual: number): number =>
    amountOf(`--${flag}`, values[flag] as string | undefined, usual);
  return {
    name: "the load that was asked for",
    sessions: of("sessions", 10_000),
    roomsEach: of("rooms-each", 1),
    members: of("members", 20),
    perSecond: of("per-second", 0.1),
    bytes: of("bytes", 200),
    stay: of("stay", 600),
  };
}

function listOf(flag: string, text: string | undefined, usual: readonly number[], most: number): number[] {
  if (text === undefined) return [...usual];
  const numbers = text.split(",").map((one) => numberOf(flag, one, most));
  if (flag === "--hosts" && numbers.includes(1))
    throw new OptionError("--hosts 1 cannot be used: one host needs no Redis; write 2 or more.");
  return numbers;
}

function amountOf(flag: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new OptionError(`${flag} ${text} cannot be used: write a number above 0.`);
}
