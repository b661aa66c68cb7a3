import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/load-config.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, content: string): void => writeFileSync(join(folder, file), content);

test("no file is no configuration", async () => {
  expect(await loadConfig(folder)).toBeUndefined();
});

test.each([
  ["holdfast.config.ts", "const workers: number = 3;\nexport default { workers };"],
  ["holdfast.config.mts", "export default { workers: 3 as number };"],
  ["holdfast.config.js", "module.exports = { workers: 3 };"],
  ["holdfast.config.mjs", "export default Promise.resolve({ workers: 3 });"],
  ["holdfast.config.json", '{ "workers": 3 }'],
])("%s is found in the folder", async (file, content) => {
  write(file, content);
  expect(await loadConfig(folder)).toEqual({ label: file, values: { workers: 3 } });
});

test("a file of any name is read where --config names it, and only that one", async () => {
  write("holdfast.config.json", '{ "workers": 3 }');
  write("other.json", '{ "workers": 5 }');
  expect(await loadConfig(folder, "other.json")).toEqual({ label: "other.json", values: { workers: 5 } });
});

test.each([
  [
    "a file that is not there",
    "none.ts",
    {},
    /The configuration file none\.ts does not exist \(looked for .*none\.ts\)\.$/,
  ],
  [
    "an ending that is not known",
    "c.yaml",
    { "c.yaml": "" },
    /^The configuration file c\.yaml must end in \.ts, /,
  ],
  [
    "two files at once",
    undefined,
    { "holdfast.config.ts": "", "holdfast.config.json": "" },
    /^Both holdfast\.config\.ts and holdfast\.config\.json are in .*: keep one/,
  ],
  [
    "broken JSON",
    undefined,
    { "holdfast.config.json": "{" },
    /^holdfast\.config\.json could not be loaded: .*JSON/,
  ],
  [
    "a list",
    undefined,
    { "holdfast.config.json": "[]" },
    /^holdfast\.config\.json must hold one object, such as/,
  ],
  [
    "no default export",
    undefined,
    { "holdfast.config.mjs": "export const workers = 3;" },
    /^holdfast\.config\.mjs must have a default export that is an object, such as/,
  ],
  [
    "a file that throws",
    undefined,
    { "holdfast.config.mjs": 'throw new Error("no key");' },
    /^holdfast\.config\.mjs could not be loaded: no key\.$/,
  ],
  [
    "TypeScript that does not parse",
    undefined,
    { "holdfast.config.ts": "export default {\n  workers: ,\n};" },
    /^holdfast\.config\.ts could not be loaded: Unexpected "," \(\/.*\/holdfast\.config\.ts:2\)\.$/,
  ],
  [
    "JSON with a comma too many, at the place of the fault",
    undefined,
    { "holdfast.config.json": '{\n  "workers": 2,\n}' },
    /^holdfast\.config\.json could not be loaded: [^\n]*\(\/.*\/holdfast\.config\.json:3\)\.$/,
  ],
] as [string, string | undefined, Record<string, string>, RegExp][])(
  "%s is refused with a sentence",
  async (_what, named, files, sentence) => {
    for (const [file, content] of Object.entries(files)) write(file, content);
    await expect(loadConfig(folder, named)).rejects.toMatchObject({
      name: "UsageError",
      code: "ERR_CONFIG_FILE",
      message: expect.stringMatching(sentence),
    });
  },
);
