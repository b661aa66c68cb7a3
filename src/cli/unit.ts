/** CLI: `holdfast unit <entry>`: prints, checks or writes the units with which systemd runs the app. */

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import type { UnitFile, UnitPlan } from "../unit/plan.js";
import { serviceFiles } from "../unit/service.js";
import { templateFile } from "../unit/template.js";
import { EXIT } from "./report-error.js";
import { checkUnits } from "./unit-check.js";
import { partFlags, type UnitFlags } from "./unit-options.js";
import { planOf } from "./unit-plan.js";
import { writeWhole } from "./write-whole.js";

/** Of the instance 0 of a template, where --listen says nothing. */
const FIRST_PORT = 4000;

/**
 * Prints the files, or writes them with `--out`: all or none, and with `--check` only what systemd accepts.
 * @param written flags of `holdfast start`, and of the unit
 * @throws {UsageError} for flags that cannot be used
 * @throws {HoldfastError} ERR_APP_LOAD, ERR_UNIT_CHECK, ERR_UNIT_FILE
 */
export async function unit(
  entry: string,
  args: readonly string[],
  written: Readonly<Record<string, unknown>>,
): Promise<number> {
  const flags = partFlags(written);
  const folder = flags.unit.out === undefined ? undefined : folderOf(flags.unit.out);
  const plan = await planOf({ entry, args, ...flags });
  const files = flags.unit.template ? [template(plan, flags.unit)] : serviceFiles(plan);
  if (flags.unit.check) checkUnits(files, plan.scope);
  if (folder === undefined) {
    process.stdout.write(files.map(({ text }) => text).join("\n"));
    return EXIT.fine;
  }
  const whole = files.map(({ name, text }) => ({ path: join(folder, name), text }));
  writeWhole(whole, "ERR_UNIT_FILE");
  const accepted = flags.unit.check ? ", which systemd accepts" : "";
  process.stdout.write(`Wrote ${whole.map(({ path }) => path).join(" and ")}${accepted}.\n`);
  return EXIT.fine;
}

function folderOf(out: string): string {
  const folder = resolve(out);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw refusal(`--out must be a folder that is there, such as /etc/systemd/system, but is "${out}"`);
}

/** An app with `holdfast(io)` is run by node itself: whatever the primary does for others is the app's own matter there. */
function template(plan: UnitPlan, { socket }: UnitFlags): UnitFile {
  if (socket) throw refusal("--template and --socket exclude each other: each process opens its own port");
  if (plan.listen?.kind === "pipes")
    throw refusal("--template needs ports, such as --listen ports:4000: PORT is what the app reads");
  const others = plan.startFlags.filter((word) => word.startsWith("--") && !TEMPLATE_FLAGS.includes(word));
  if (others.length > 0)
    throw refusal(
      `${others.join(", ")} with --template has no effect: there is no primary to heed it. Leave it out`,
    );
  return templateFile(plan, plan.listen?.first ?? FIRST_PORT);
}

/** `--drain-timeout`: how long systemd waits for the app's own TERM handler. */
const TEMPLATE_FLAGS: readonly string[] = ["--listen", "--node-args", "--drain-timeout"];

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_USAGE", `${sentence}.`);
}
