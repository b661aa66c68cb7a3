import { expect, test } from "vitest";
// @ts-expect-error plain JavaScript: it runs before anything is installed
import { countTests } from "../../../scripts/test-suites.mjs";

const passed = { status: "passed", assertionResults: [{ status: "passed" }] };
const report = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [passed],
};

test("tests are counted as the runner says", () => {
  const failing = { status: "failed", assertionResults: [{ status: "failed" }] };
  const counted = {
    ...report,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [failing],
  };
  expect(countTests(counted, false)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

test("a file that cannot be loaded is a failure, although no test of it failed", () => {
  const broken = { status: "failed", assertionResults: [] };
  expect(countTests({ ...report, testResults: [passed, broken] }, false).failed).toBe(1);
});

test("a runner that ends badly is a failure, although every test passed", () => {
  expect(countTests(report, false).failed).toBe(1);
  expect(countTests(report, true).failed).toBe(0);
});
