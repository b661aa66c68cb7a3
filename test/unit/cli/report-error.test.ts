import { expect, test } from "vitest";
import { HoldfastError, UsageError } from "../../../src/base/errors.js";
import { exitCodeOf, report } from "../../../src/cli/report-error.js";

const written = (error: unknown, json = false): string => {
  let all = "";
  const write = (text: string): void => {
    all += text;
  };
  report(error, { write, json });
  return all;
};

test("what the user wrote ends in 2, an app that cannot be loaded in 4, the rest in 1", () => {
  expect(exitCodeOf(new UsageError("ERR_USAGE", "…"))).toBe(2);
  expect(exitCodeOf(new HoldfastError("ERR_APP_LOAD", "…"))).toBe(4);
  expect(exitCodeOf(new HoldfastError("ERR_NO_FLEET", "…"))).toBe(1);
  expect(exitCodeOf(new TypeError("…"))).toBe(1);
  expect(exitCodeOf("text")).toBe(1);
});

test("an error of ours is one line with its code and where to read, without a stack", () => {
  expect(written(new HoldfastError("ERR_NO_FLEET", "No fleet is running."))).toBe(
    "holdfast: No fleet is running. (ERR_NO_FLEET: docs/errors.md#err_no_fleet)\n",
  );
});

test("what should not have happened is shown with its stack", () => {
  expect(written(new TypeError("x is not a function"))).toMatch(
    /^holdfast: This should not .*\nTypeError: x is not a function\n +at /,
  );
});

test("where the log is JSON, an error is one object on a line", () => {
  const text = written(new HoldfastError("ERR_NO_FLEET", "No fleet is running."), true);
  expect(text.indexOf("\n")).toBe(text.length - 1);
  expect(JSON.parse(text)).toEqual({
    level: "error",
    event: "failed",
    code: "ERR_NO_FLEET",
    message: "No fleet is running.",
  });
  expect(JSON.parse(written(new TypeError("x"), true)).message).toMatch(/^TypeError: x\n +at /);
});
