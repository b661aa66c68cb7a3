import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEntry } from "../../../src/cli/find-entry.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-entry-"));
  mkdirSync(join(folder, "dist"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(["app.js", "app.mjs", "app.cjs", "app.ts", "app.mts", "app.cts", "dist/www"])(
  "%s is an app",
  (file) => {
    writeFileSync(join(folder, file), "");
    expect(findEntry(file, folder)).toBe(join(folder, file));
  },
);

test("dist/main finds dist/main.js, as node does", () => {
  writeFileSync(join(folder, "dist", "main.js"), "");
  expect(findEntry("dist/main", folder)).toBe(join(folder, "dist", "main.js"));
});

test.each([
  ["none.ts", /^The app none\.ts could not be loaded: there is no file .*none\.ts\. Check the path/],
  [
    "dist",
    /^The app dist could not be loaded: it is a folder\. Name the file in it, such as dist\/index\.js\.$/,
  ],
  ["app.py", /^The app app\.py could not be loaded: a file that ends in \.py is no app\. Name one/],
])("%s is refused with a sentence", (entry, sentence) => {
  writeFileSync(join(folder, "app.py"), "");
  const refused = expect.objectContaining({ code: "ERR_APP_LOAD", message: expect.stringMatching(sentence) });
  expect(() => findEntry(entry, folder)).toThrow(refused);
});
