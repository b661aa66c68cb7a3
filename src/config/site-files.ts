/** Config: the files that a site's settings name: whether they can be read. */

import { readFileSync } from "node:fs";
import { codeOf, UsageError } from "../base/errors.js";
import { longFlag, SETTINGS } from "./setting-table.js";
import { SITE_FILES, type SiteSettings } from "./site-settings.js";

/** @throws {UsageError} ERR_SETTING for one that is not there, or not this user's to read */
export function checkSiteFiles(site: SiteSettings | undefined): void {
  for (const key of SITE_FILES) {
    const file = site?.[key];
    const problem = file === undefined ? undefined : problemOf(file);
    if (problem === undefined) continue;
    const setting = SETTINGS.find((row) => row.key === key);
    throw new UsageError(
      "ERR_SETTING",
      `The file ${file} of ${setting && longFlag(setting)} ${problem}. Write the path of a PEM file that this user may read.`,
    );
  }
}

function problemOf(file: string): string | undefined {
  try {
    const text = readFileSync(file, "latin1");
    return text.includes("-----BEGIN ") ? undefined : "is no PEM file";
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
  }
}
