import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
// @ts-expect-error plain JavaScript: it runs before anything is installed
import { missingPackages } from "../../../scripts/complete-lock.mjs";

describe.each(["", "test/fixtures/nest/", "test/matrix/"])("%spackage-lock.json", (folder) => {
  const text = readFileSync(new URL(`../../../${folder}package-lock.json`, import.meta.url), "utf8");

  test("names the packages of every platform, or npm ci would refuse it (scripts/complete-lock.mjs)", () => {
    expect(missingPackages(JSON.parse(text))).toEqual([]);
  });

  test("holds no download address", () => {
    expect(text).not.toContain('"resolved"');
  });
});
