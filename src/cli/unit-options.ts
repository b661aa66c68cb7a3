/** CLI: the flags that `holdfast unit` has besides those of `holdfast start`. Their values are checked in unit-plan.ts. */

import type { Command } from "commander";

/** As commander hands them over. */
export type UnitFlags = {
  readonly socket?: boolean;
  readonly template?: boolean;
  readonly user?: boolean;
  readonly runAs?: string;
  readonly env?: readonly string[];
  readonly environmentFile?: readonly string[];
  readonly writable?: readonly string[];
  readonly node?: string;
  readonly systemdVersion?: string;
  readonly check?: boolean;
  readonly out?: string;
};

/** Written again and again, or once with several values. */
const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** No `--env-file`: Node 20 takes that for a flag of its own, wherever it stands. */
const OPTIONS: readonly [key: keyof UnitFlags, flag: string, meaning: string][] = [
  ["socket", "--socket", "a socket unit too: systemd opens what --port or --listen says"],
  ["template", "--template", "a template for an app with holdfast(io): one process each, chat@0, chat@1, …"],
  ["user", "--user", "for systemctl --user"],
  ["runAs", "--run-as <user>", "whose processes they are (default: you, or the owner of the app)"],
  ["env", "--env <name=value>", "a variable for the app; repeat it"],
  ["environmentFile", "--environment-file <file>", "a file of variables; repeat it"],
  ["writable", "--writable <folder>", "a folder that the app may write to; repeat it"],
  ["node", "--node <file>", "the program node (default: this one)"],
  ["systemdVersion", "--systemd-version <n>", "use the words of this systemd, such as 257 (default: 246)"],
  ["check", "--check", "let systemd-analyze verify the units first"],
  ["out", "--out <folder>", "write the files there instead of printing them"],
];
const REPEATED: readonly (keyof UnitFlags)[] = ["env", "environmentFile", "writable"];

export function addUnitOptions(command: Command): Command {
  for (const [key, flag, meaning] of OPTIONS) {
    if (REPEATED.includes(key)) command.option(flag, meaning, several);
    else command.option(flag, meaning);
  }
  return command;
}

/** Parts what was written into the flags of the unit and those of `holdfast start`. */
export function partFlags(written: Readonly<Record<string, unknown>>): {
  unit: UnitFlags;
  start: Record<string, string | boolean>;
} {
  const isUnit = ([key]: [string, unknown]): boolean => OPTIONS.some(([name]) => name === key);
  const entries = Object.entries(written);
  return {
    unit: Object.fromEntries(entries.filter(isUnit)) as UnitFlags,
    start: Object.fromEntries(entries.filter((entry) => !isUnit(entry))) as Record<string, string | boolean>,
  };
}
