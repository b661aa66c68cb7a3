import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configPage } from "../../../scripts/config-page.js";
import { longFlag, SETTINGS } from "../../../src/config/setting-table.js";
import { KINDS } from "../../../src/config/value-kinds.js";

test("docs/config.md is what the table says (npm run docs:config)", () => {
  expect(readFileSync(new URL("../../../docs/config.md", import.meta.url), "utf8")).toBe(configPage());
});

test("every setting has a long flag and an environment twin of its own name", () => {
  for (const setting of SETTINGS) {
    const words = setting.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect([`--${words}`, `--no-${words}`]).toContain(longFlag(setting));
    expect(setting.env[0]).toBe(`HOLDFAST_${words.toUpperCase().replaceAll("-", "_")}`);
    expect(KINDS[setting.kind].expects).not.toBe("");
  }
});

test("no flag, variable or key is given twice", () => {
  const shortFlags = SETTINGS.flatMap((setting) => /^-[a-z]/.exec(setting.flag) ?? []);
  for (const names of [SETTINGS.map(longFlag), shortFlags, SETTINGS.flatMap((setting) => setting.env)]) {
    expect(new Set(names).size).toBe(names.length);
  }
});
