import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** Each folder may import those behind it, and itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  cli: ["primary", "proxy", "unit", "routing", "protocol", "config", "base"],
  primary: ["metrics", "routing", "protocol", "config", "base"],
  worker: ["adapter", "routing", "bus", "protocol", "config", "base"],
  bridge: ["adapter", "routing", "bus", "protocol", "config", "base"],
  adapter: ["routing", "bus", "protocol", "base"],
  proxy: ["routing", "config", "base"],
  unit: ["config", "base"],
  metrics: ["protocol"],
  bus: ["protocol", "base"],
  routing: ["config", "base"],
  protocol: ["config", "base"],
  config: ["base"],
  base: [],
};

/** They decide or write text, and have no effects. */
const PURE = ["routing/", "proxy/", "unit/", "metrics/", "primary/lifecycle/"];

type Import = { readonly file: string; readonly folder: string; readonly target: string };

const imports: Import[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    const targets = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => match[1] as string);
    return targets.map((target) => ({ file, folder: file.split("/")[0] as string, target }));
  });

const folderOf = ({ file, target }: Import): string =>
  relative(SRC, resolve(SRC, dirname(file), target)).split("/")[0] as string;

describe("imports", () => {
  it("go one way between the folders", () => {
    const wrong = imports
      .filter(({ file, target }) => target.startsWith(".") && file.includes("/"))
      .filter((entry) => folderOf(entry) !== entry.folder)
      .filter((entry) => !MAY_IMPORT[entry.folder]?.includes(folderOf(entry)))
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  it("of the pure parts take nothing from Node", () => {
    const wrong = imports
      .filter(({ file }) => PURE.some((folder) => file.startsWith(folder)))
      .filter(({ target }) => target.startsWith("node:"))
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  it("cover every folder", () => {
    const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });
});
