/**
 * Development: `npm test`: sets up everything, Debian packages too where it may, runs all checks and tests, and ends with one line
 * of counts. Under CI what is missing or skipped is a failure.
 */

import { setup } from "./setup.mjs";
import { provideNeeds } from "./test-needs.mjs";
import { runChecks, runTests } from "./test-suites.mjs";

const underCi = Boolean(process.env.CI) && process.env.CI !== "false";

process.exitCode = main();

function main() {
  try {
    setup();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return finish({ passed: 0, failed: 1, skipped: 0 });
  }
  const missing = provideNeeds();
  for (const sentence of missing) console.error(`MISSING: ${sentence}`);
  const parts = [runChecks(), runTests()];
  for (const sentence of missing) console.error(`MISSING: ${sentence}`);
  const total = { passed: 0, failed: underCi ? missing.length : 0, skipped: 0 };
  for (const part of parts)
    for (const kind of /** @type {const} */ (["passed", "failed", "skipped"])) total[kind] += part[kind];
  return finish(total);
}

/** @param {{ passed: number, failed: number, skipped: number }} counts @returns {number} the exit code */
function finish({ passed, failed, skipped }) {
  if (underCi && skipped > 0) console.error("Under CI nothing may be skipped.");
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || (underCi && skipped > 0) ? 1 : 0;
}
