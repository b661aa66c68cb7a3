import { expect, test } from "vitest";
import { formatBytes, formatDuration, formatTable } from "../../../src/cli/table.js";

test("columns are as wide as their widest cell, and no line ends in spaces", () => {
  expect(
    formatTable(
      ["slot", "state"],
      [
        ["0", "ready"],
        ["1", ""],
        ["10000", "draining"],
      ],
    ),
  ).toBe(["slot   state", "0      ready", "1", "10000  draining"].join("\n"));
});

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [60_000, "1m 00s"],
  [245_000, "4m 05s"],
  [3_600_000, "1h 0m"],
  [86_400_000 * 12 + 4 * 3_600_000, "12d 4h"],
])("%d ms is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [82_430_000, "82.4 MB"],
  [1_250_000_000, "1.3 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
