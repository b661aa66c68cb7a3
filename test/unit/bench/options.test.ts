import { describe, expect, it } from "vitest";
import { OptionError, readOptions } from "../../../bench/options.js";

describe("options of the benchmark", () => {
  it("write the usual file after a full run only", () => {
    expect(readOptions(["--workers", "8"]).json).toMatch(/results\/8-workers\.json$/);
    for (const part of [
      ["--quick"],
      ["--only", "control"],
      ["--workload", "echo"],
      ["--shared-connections"],
    ]) {
      expect(readOptions(part).json).toBeUndefined();
    }
  });

  it("keep the order of the tables, whatever the order of --only", () => {
    expect(readOptions(["--only", "holdfast,control"]).variants).toEqual(["control", "holdfast"]);
  });

  it.each([
    [["--workers", "0"], "--workers 0"],
    [["--workers", "two"], "--workers two"],
    [["--only", "control,apache"], "apache"],
    [["--workload", "upload"], "upload"],
    [["--fast"], "--fast"],
  ])("refuse %j in a sentence", (args, named) => {
    expect(() => readOptions(args)).toThrow(OptionError);
    expect(() => readOptions(args)).toThrow(named);
  });
});
