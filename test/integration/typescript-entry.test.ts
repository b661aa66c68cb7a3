/** An app is started as it is, in whatever kind of JavaScript or TypeScript it is written, on every version of Node. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { io } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FleetProcess, ROOT, runtimeFolder, startFleet } from "../helpers/holdfast-command.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";

const FIXTURES = join(ROOT, "test", "fixtures", "typescript");
const NEST = join(ROOT, "test", "fixtures", "nest");

let runtime: ReturnType<typeof runtimeFolder>;
let fleet: FleetProcess | undefined;

beforeEach(() => {
  runtime = runtimeFolder();
});

afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
  runtime.remove();
});

async function start(
  entry: string,
  options: { node?: string; args?: string[]; cwd?: string } = {},
): Promise<FleetProcess> {
  const { args = [], ...rest } = options;
  fleet = await startFleet([entry, "--workers", "2", "--port", "0", ...args], {
    runtime: runtime.path,
    ...rest,
  });
  return fleet;
}

/** What the app answers to one event of a client that begins with polling. */
async function ask(url: string, event: string, value: string): Promise<unknown> {
  const socket = io(url, { forceNew: true });
  try {
    return await socket.timeout(10_000).emitWithAck(event, value);
  } finally {
    socket.disconnect();
  }
}

const ENTRIES = [
  ["module/app.js", "js:"],
  ["commonjs/app.js", "js:"],
  ["any/app.mjs", "mjs:"],
  ["any/app.cjs", "cjs:"],
  ["module/app.ts", "module:"],
  ["commonjs/app.ts", "commonjs:"],
  ["any/app.mts", "mts:"],
  ["any/app.cts", "cts:"],
] as const;

test.each(ENTRIES)("%s runs as it is", async (entry, prefix) => {
  const { url } = await start(join(FIXTURES, entry));
  expect(await ask(url, "echo", "x")).toBe(`${prefix}x`);
});

describe.each(NODE_VERSIONS)("on $name", ({ path, installed }) => {
  test.runIf(installed)("entries in TypeScript run, ESM and CommonJS", async () => {
    for (const [entry, prefix] of [ENTRIES[4], ENTRIES[5], ENTRIES[7]]) {
      const { url, stop } = await start(join(FIXTURES, entry), { node: path });
      expect(await ask(url, "echo", "x")).toBe(`${prefix}x`);
      expect((await stop()).code).toBe(0);
    }
  });

  test.runIf(installed && nestIsInstalled())("NestJS injects by type into its gateway", async () => {
    for (const entry of ["src/main.ts", "module/main.ts"]) {
      const { url, stop } = await start(join(NEST, entry), { node: path });
      expect(await ask(url, "greet", "you")).toBe("hello you");
      expect(await (await fetch(`${url}/greet`)).text()).toBe("hello http");
      expect((await stop()).code).toBe(0);
    }
  });
});

test.runIf(nestIsInstalled())("a loader that the user names is used instead of ours", async () => {
  const { url } = await start(join(NEST, "src/main.ts"), {
    args: ["--node-args", "--import @oxc-node/core/register"],
    cwd: NEST,
  });
  expect(await ask(url, "greet", "you")).toBe("hello you");
});

function nestIsInstalled(): boolean {
  return existsSync(join(NEST, "node_modules", "@nestjs", "core"));
}
