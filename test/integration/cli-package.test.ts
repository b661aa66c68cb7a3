/** What is published: the files of the package, and that it works where it is installed. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../helpers/holdfast-command.js";

type Packed = { readonly filename: string; readonly files: readonly { readonly path: string }[] };

const run = promisify(execFile);

let project: string;
let packed: Packed;

/** A project with the package in its node_modules, as npm would put it there; its dependencies are ours, linked. */
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "hf-package-"));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
  const { stdout } = await run("npm", args, { cwd: ROOT });
  [packed] = JSON.parse(stdout) as [Packed];
  const home = join(project, "node_modules", "holdfast");
  mkdirSync(home, { recursive: true });
  await run("tar", ["-xzf", join(project, packed.filename), "--strip-components=1", "-C", home]);
  const { dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "socket.io"])
    link(`node_modules/${name}`, join(ROOT, "node_modules", name));
  link("node_modules/.bin/holdfast", join(home, "dist", "cli", "main.js"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", type: "module" }));
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function link(path: string, target: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  symlinkSync(target, join(project, path));
}

const inProject = async (program: string, ...args: string[]): Promise<string> =>
  (await run(program, args, { cwd: project })).stdout;

test("the package holds the compiled code with its types, the documents, and nothing else", () => {
  const paths = packed.files.map((file) => file.path);
  expect(paths).toContain("dist/cli/main.js");
  expect(paths).toContain("dist/worker/preload.js");
  expect(paths).toContain("dist/index.d.ts");
  const allowed = /^(?:dist\/.+\.(?:js|d\.ts)|docs\/.+\.md|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;
  expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
});

test("npx holdfast --version prints the version", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(await inProject("npx", "--no-install", "holdfast", "--version")).toBe(`${version}\n`);
});

test("holdfast --version loads neither the schema nor a TypeScript loader", async () => {
  const { stderr } = await run(process.execPath, ["dist/cli/main.js", "--version"], {
    cwd: ROOT,
    env: { ...process.env, NODE_DEBUG: "esm,module" },
  });
  expect(stderr).toContain("commander");
  expect(stderr).not.toMatch(/node_modules\/(?:zod|tsx|get-tsconfig)\//);
});

test("an ES module imports the library by its name", async () => {
  const code = 'import * as holdfast from "holdfast"; console.log(Object.keys(holdfast).join());';
  const names = (await inProject(process.execPath, "--input-type=module", "--eval", code)).trim().split(",");
  expect(names).toEqual(expect.arrayContaining(["defineConfig", "holdfast"]));
});

test("CommonJS requires the library by its name", async () => {
  const code = 'console.log(typeof require("holdfast").defineConfig);';
  expect(await inProject(process.execPath, "--input-type=commonjs", "--eval", code)).toBe("function\n");
});
