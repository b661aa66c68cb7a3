/** Test helper: a folder that lives as long as a test file, short enough for Unix sockets. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "hf-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
