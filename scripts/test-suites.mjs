/** Development: what `npm test` runs, each part giving counts of what passed, failed and was skipped. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NPM, run, tool } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** Each is one check: its command ends with 0 or has failed. */
const CHECKS = [
  { name: "format and lint", program: tool("biome"), args: ["check", "."] },
  { name: "types", program: tool("tsc"), args: ["-p", "tsconfig.json"] },
  { name: "dead code", program: tool("knip"), args: ["--no-progress"] },
  { name: "shape of the package", program: tool("publint"), args: ["--strict"] },
  { name: "types of the package", program: tool("attw"), args: ["--pack", ".", "--profile", "esm-only"] },
];

/** @returns {Counts} */
export function runChecks() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, program, args } of CHECKS) {
    const passed = run(program, args, { quiet: true });
    counts[passed ? "passed" : "failed"] += 1;
    console.log(`${passed ? "✓" : "✗"} ${name}`);
  }
  return counts;
}

/** Unit and integration tests. @returns {Counts} */
export function runTests() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-test-"));
  const report = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const ended = run(NPM, ["exec", "--", "vitest", "run", ...reporters]);
    return countTests(JSON.parse(readFileSync(report, "utf8")), ended);
  } catch (error) {
    console.error(`The tests gave no report: ${/** @type {Error} */ (error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @param {boolean} ended whether the runner ended with 0 @returns {Counts}
 */
export function countTests(report, ended) {
  // A file that cannot be loaded has no test that failed, but has failed all the same.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((result) => result.status === "failed"),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    // An error outside of every test ends the runner with 1, too.
    failed: failed === 0 && !ended ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
