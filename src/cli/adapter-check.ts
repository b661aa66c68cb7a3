/** CLI: whether the app has what `--adapter` needs, before anything is started. */

import { UsageError } from "../base/errors.js";
import { adapterPackages } from "../config/adapter-packages.js";
import type { AdapterSettings } from "../config/adapters.js";

/** @param entry absolute path of the app @throws {UsageError} ERR_ADAPTER_PACKAGE */
export function checkAdapterPackages(adapter: AdapterSettings | undefined, entry: string): void {
  if (adapter === undefined) return;
  const { missing } = adapterPackages(adapter.name, entry);
  if (missing.length === 0) return;
  const what = missing.length === 1 ? "which is not installed" : "which are not installed";
  throw new UsageError(
    "ERR_ADAPTER_PACKAGE",
    `--adapter ${adapter.name} needs ${missing.join(" and ")}, ${what} where the app looks for packages. Run, in the app's folder: npm install ${missing.join(" ")}`,
  );
}
