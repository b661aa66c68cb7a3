/** CLI: files that a command writes: whole ones, or none. */

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { HoldfastError, messageOf } from "../base/errors.js";

export type WholeFile = { readonly path: string; readonly text: string };

/** Whoever reads one of them sees the old text or the new one. @throws {HoldfastError} `code` where one cannot be written */
export function writeWhole(files: readonly WholeFile[], code: string): void {
  const unfinished = files.map(({ path, text }) => ({ path, text, at: `${path}.${process.pid}.tmp` }));
  let writing = files[0]?.path;
  try {
    for (const { path, text, at } of unfinished) {
      writing = path;
      writeFileSync(at, text, { flag: "wx" });
    }
    for (const { path, at } of unfinished) {
      writing = path;
      renameSync(at, path);
    }
  } catch (cause) {
    for (const { at } of unfinished) rmSync(at, { force: true });
    throw new HoldfastError(code, `The file ${writing} could not be written: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
