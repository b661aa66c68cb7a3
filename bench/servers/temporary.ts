/** Servers: folders for sockets and configuration, gone when the benchmark ends, by a signal too. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let root: string | undefined;

/** @returns a new folder; its path is short, because Unix sockets go into it */
export function temporaryDirectory(): string {
  root ??= rootDirectory();
  return mkdtempSync(join(root, "turn-"));
}

function rootDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
