import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { namedLoader, typescriptLoader } from "../../../src/cli/typescript-loader.js";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-ts-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | object = ""): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, typeof content === "string" ? content : JSON.stringify(content));
  return whole;
}

function install(name: string, files: string[], exports: object): void {
  write(`node_modules/${name}/package.json`, { name, exports });
  for (const file of files) write(`node_modules/${name}/${file}`);
}

const url = (path: string): string => pathToFileURL(join(folder, path)).href;

function installSwc(): void {
  const files = ["index.js", "esm/esm.mjs"];
  install("@swc-node/register", files, { ".": "./index.js" });
}

const decorators = { compilerOptions: { emitDecoratorMetadata: true } };

test.each(["app.js", "app.mjs", "app.cjs", "www"])("%s needs no loader", (entry) => {
  expect(typescriptLoader(write(entry), [])).toEqual({ nodeArgs: [], env: {} });
});

test("tsx of the app's own folder comes before ours", () => {
  install("tsx", ["loader.mjs"], "./loader.mjs" as unknown as object);
  const { nodeArgs } = typescriptLoader(write("app.mts"), []);
  expect(nodeArgs).toEqual(["--import", url("node_modules/tsx/loader.mjs")]);
});

const ourTsx = ["--import", expect.stringMatching(/^file:.*\/node_modules\/tsx\/.*\.mjs$/)];
const help = ["--import", expect.stringMatching(/\/worker\/commonjs-typescript\.js$/)];

test.each([
  ["app.mts", [...ourTsx]],
  ["app.ts", [...ourTsx, ...help]],
  ["app.cts", [...ourTsx, ...help]],
])("%s gets our tsx where the app has none, and help where it is CommonJS", (entry, nodeArgs) => {
  expect(typescriptLoader(write(entry), []).nodeArgs).toEqual(nodeArgs);
});

test("a tsconfig.json beside the entry is told to tsx, which looks in the working folder only", () => {
  const tsconfig = write("tsconfig.json", {});
  expect(typescriptLoader(write("src/app.ts"), []).env).toEqual({ TSX_TSCONFIG_PATH: tsconfig });
});

test.each([
  ["app.ts of a CommonJS package", "app.ts", {}, "require"],
  ["app.cts", "app.cts", { type: "module" }, "require"],
  ["app.ts of an ESM package", "app.ts", { type: "module" }, "import"],
  ["app.mts", "app.mts", {}, "import"],
])("decorator metadata, %s: swc-node by --%s", (_what, entry, manifest, how) => {
  installSwc();
  write("package.json", manifest);
  const tsconfig = write("tsconfig.json", decorators);
  const loader =
    how === "require"
      ? [
          "--require",
          join(folder, "node_modules/@swc-node/register/index.js"),
          "--import",
          expect.stringMatching(/\/worker\/commonjs-typescript\.js$/),
        ]
      : [
          "--import",
          expect.stringContaining(encodeURIComponent(url("node_modules/@swc-node/register/esm/esm.mjs"))),
        ];
  expect(typescriptLoader(write(entry), [])).toEqual({
    nodeArgs: loader,
    env: { SWC_NODE_PROJECT: tsconfig },
  });
});

test("decorator metadata that a tsconfig gets by extends counts too", () => {
  installSwc();
  write("base.json", decorators);
  write("tsconfig.json", { extends: "./base.json" });
  expect(typescriptLoader(write("app.ts"), []).nodeArgs[0]).toBe("--require");
});

test("oxc-node serves an app that has it instead of swc-node", () => {
  install("@oxc-node/core", ["index.js", "register.mjs"], { ".": "./index.js" });
  const tsconfig = write("tsconfig.json", decorators);
  expect(typescriptLoader(write("app.ts"), [])).toEqual({
    nodeArgs: ["--import", url("node_modules/@oxc-node/core/register.mjs")],
    env: { OXC_TSCONFIG_PATH: tsconfig },
  });
});

test("decorator metadata without a loader that writes it: a sentence with the command to run", () => {
  const tsconfig = write("tsconfig.json", decorators);
  const entry = write("app.ts");
  expect(() => typescriptLoader(entry, [])).toThrow(
    expect.objectContaining({
      name: "UsageError",
      code: "ERR_TYPESCRIPT_LOADER",
      message: `The app ${entry} cannot be run as TypeScript: ${tsconfig} turns on emitDecoratorMetadata, which needs @swc-node/register. Run "npm install --save-dev @swc-node/register @swc/core" (or @oxc-node/core, where typescript is 7 or newer), or compile it and start the .js file.`,
    }),
  );
});

test.each([
  [["--import", "tsx"]],
  [["--import=tsx/esm"]],
  [["-r", "ts-node/register"]],
  [["--require", "@swc-node/register"]],
  [["--loader", "/app/node_modules/ts-node/esm.mjs"]],
  [["--import", "@oxc-node/core/register"]],
  [["--inspect", "--require=jiti/register"]],
  [["--experimental-strip-types"]],
])("%j names a loader: the user's choice stands", (nodeArgs) => {
  expect(namedLoader(nodeArgs)).toBeDefined();
  expect(typescriptLoader(write("app.mts"), nodeArgs).nodeArgs).toEqual([]);
});

test.each(
  [["--inspect"], ["--import", "./telemetry.mjs"], ["-r", "dotenv/config"], ["--title=tsx"]].map((args) => [
    args,
  ]),
)("%j names none", (nodeArgs) => {
  expect(namedLoader(nodeArgs)).toBeUndefined();
});

test.each(
  [["-r", "ts-node/register"], ["--require=ts-node/register"], ["--import=tsx"]].map((args) => [args]),
)("%j hooks require(): it is helped to see a CommonJS entry", (nodeArgs) => {
  expect(typescriptLoader(write("app.ts"), nodeArgs).nodeArgs).toEqual(help);
  expect(typescriptLoader(write("app.mts"), nodeArgs).nodeArgs).toEqual([]);
});

test("a loader of the user's that hooks only import is left alone", () => {
  expect(typescriptLoader(write("app.ts"), ["--import", "@oxc-node/core/register"]).nodeArgs).toEqual([]);
});
