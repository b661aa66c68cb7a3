/** CLI: lets systemd read units before anybody relies on them. Runs `systemd-analyze verify` once, on files in a temporary folder. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HoldfastError } from "../base/errors.js";
import type { UnitFile } from "../unit/plan.js";

const PROGRAM = "systemd-analyze";
/** Milliseconds. */
const PATIENCE = 30_000;

/** @throws {HoldfastError} ERR_UNIT_CHECK with the words of systemd, or why it could not be run */
export function checkUnits(files: readonly UnitFile[], scope: "system" | "user"): void {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-unit-"));
  try {
    const paths = files.map(({ name }) => join(folder, name));
    for (const [index, path] of paths.entries()) writeFileSync(path, files[index]?.text ?? "");
    verify(folder, paths, scope);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function verify(folder: string, paths: readonly string[], scope: "system" | "user"): void {
  // Where nobody is logged in, a user's manager has no folder.
  const env = { XDG_RUNTIME_DIR: folder, ...process.env };
  const args = [`--${scope}`, "--man=no", "verify", ...paths];
  const { error, status, stderr } = spawnSync(PROGRAM, args, { env, encoding: "utf8", timeout: PATIENCE });
  if (error !== undefined) {
    throw new HoldfastError(
      "ERR_UNIT_CHECK",
      `The units could not be checked: ${PROGRAM} cannot be run here (${error.message}). Install systemd, or leave --check out.`,
      { cause: error },
    );
  }
  // A word that this systemd does not know is a warning to it, and the line is without effect.
  const lines = stderr.split("\n").filter((line) => line !== "" && (status !== 0 || line.includes(folder)));
  const text = [...new Set(lines)].join("; ").replaceAll(`${folder}/`, "");
  if (status === 0 && text === "") return;
  throw new HoldfastError(
    "ERR_UNIT_CHECK",
    `${PROGRAM} refuses the units: ${text || `it ended with ${status}`}`,
  );
}
