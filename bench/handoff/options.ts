/** Handoff benchmark: the command line of `npm run bench:handoff`. */

import { join, resolve } from "node:path";
import { namesOf, parseFlags } from "../options.js";
import { BENCH } from "../servers/plain.js";
import type { HandoffSettings } from "./results.js";

export const PARTS = ["crowd", "scale", "pauses"] as const;
export type Part = (typeof PARTS)[number];

export const USAGE = `npm run bench:handoff -- [options]

  --only a,b        parts out of ${PARTS.join(", ")}
  --quick           few clients, to try things out; its figures mean little
  --json FILE       where the raw figures go (bench/results/handoff.json after a full run)
  --no-build        use dist/ as it is
  --help
`;

export type HandoffOptions = {
  readonly settings: HandoffSettings;
  readonly parts: readonly Part[];
  /** Absolute path of the file for the figures, or undefined when they are only shown. */
  readonly json: string | undefined;
  readonly build: boolean;
  readonly help: boolean;
};

const FLAGS = {
  only: { type: "string" },
  quick: { type: "boolean", default: false },
  json: { type: "string" },
  "no-build": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** @throws {OptionError} */
export function readHandoffOptions(args: readonly string[]): HandoffOptions {
  const { quick, only, json, help, "no-build": asItIs } = parseFlags(args, FLAGS);
  // Only a full run may replace the figures that the documentation shows.
  const usual = quick || only ? undefined : join(BENCH, "results", "handoff.json");
  return {
    settings: quick ? QUICK : FULL,
    parts: namesOf("--only", only, PARTS),
    json: json === undefined ? usual : resolve(json),
    build: !asItIs,
    help,
  };
}

const FULL: HandoffSettings = {
  crowd: {
    workers: 4,
    clients: { websocket: 2_000, polling: 200, upgrade: 100 },
    reloads: 5,
    newcomers: 50,
    every: 4_000,
  },
  scale: {
    workers: 2,
    to: [6, 3],
    clients: { websocket: 400, polling: 40, upgrade: 20 },
    newcomers: 20,
    every: 4_000,
  },
  pauses: { sessions: [500, 2_000, 5_000], reloads: 3, every: 5_000 },
  between: 5_000,
};

const QUICK: HandoffSettings = {
  crowd: {
    workers: 2,
    clients: { websocket: 100, polling: 20, upgrade: 10 },
    reloads: 2,
    newcomers: 10,
    every: 500,
  },
  scale: {
    workers: 1,
    to: [2, 1],
    clients: { websocket: 40, polling: 10, upgrade: 5 },
    newcomers: 10,
    every: 500,
  },
  pauses: { sessions: [100, 400], reloads: 2, every: 1_000 },
  between: 2_000,
};
