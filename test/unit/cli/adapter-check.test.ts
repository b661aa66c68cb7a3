import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { checkAdapterPackages } from "../../../src/cli/adapter-check.js";
import { adapterPackages } from "../../../src/config/adapter-packages.js";
import type { AdapterName } from "../../../src/config/adapters.js";
import { temporaryDirectory } from "../../helpers/temporary.js";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

/** An app in a folder of its own, with these packages installed. @returns its entry */
function appWith(...packages: string[]): string {
  const { path, remove } = temporaryDirectory();
  cleanUp.push(remove);
  for (const name of packages) {
    const folder = join(path, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.js"), "");
  }
  return join(path, "server.js");
}

const check = (name: AdapterName, entry: string) => () =>
  checkAdapterPackages({ name, url: "redis://127.0.0.1" }, entry);

test("what the app lacks is one sentence, with the command that installs it", () => {
  const entry = appWith();
  expect(check("redis-streams", entry)).toThrow(UsageError);
  expect(check("redis-streams", entry)).toThrow(
    "--adapter redis-streams needs @socket.io/redis-streams-adapter and ioredis, which are not installed where the app looks for packages. Run, in the app's folder: npm install @socket.io/redis-streams-adapter ioredis",
  );
  expect(check("postgres", appWith("pg"))).toThrow(
    "--adapter postgres needs @socket.io/postgres-adapter, which is not installed where the app looks for packages. Run, in the app's folder: npm install @socket.io/postgres-adapter",
  );
});

test("either client of Redis will do, ioredis before redis", () => {
  const both = appWith("@socket.io/redis-adapter", "redis", "ioredis");
  expect(check("redis", both)).not.toThrow();
  expect(adapterPackages("redis", both).client).toBe("ioredis");
  expect(adapterPackages("redis-sharded", appWith("@socket.io/redis-adapter", "redis"))).toMatchObject({
    client: "redis",
    missing: [],
  });
});

test("Holdfast's own adapter needs nothing", () => {
  expect(() => checkAdapterPackages(undefined, appWith())).not.toThrow();
});
