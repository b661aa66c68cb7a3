/** Promise: a new worker moves a session of its own before anybody's: it tells where that fails, and nobody else hears of it. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { adoptModules } from "../../src/worker/adopt-modules.js";
import { testHandoff } from "../../src/worker/handoff/self-test/self-test.js";
import type { Engine } from "../../src/worker/internals/engine.js";
import { MODULES } from "../helpers/app-folder.js";

const adopted: Engine[] = [];
const adapters: unknown[] = [];

adoptModules({
  engine: (engine) => adopted.push(engine),
  get adapter() {
    adapters.push("asked");
    return class {} as never;
  },
  warn: () => {},
});

type Class = { prototype: Record<string, unknown> };

/** As an app loads it, under the hooks of a worker. */
function load(modules: keyof typeof MODULES): { Server: Class; Socket: Class } {
  return createRequire(join(MODULES[modules], "app.cjs"))("socket.io") as { Server: Class; Socket: Class };
}

const repairs: (() => void)[] = [];
afterEach(() => {
  for (const repair of repairs.splice(0)) repair();
});

/** Makes one method of a class do something else until the end of the test. */
function breakMethod({ prototype }: Class, name: string, method: (...args: never[]) => unknown): void {
  const own = prototype[name];
  prototype[name] = method;
  repairs.push(() => {
    prototype[name] = own;
  });
}

it("has nothing to say where the app has no socket.io", async () => {
  expect(await testHandoff([])).toBeUndefined();
});

describe.each(["own", "socket.io 4.6", "socket.io 4.7"] as const)("with the socket.io of %s", (modules) => {
  it("a session moves, compressed or not, and neither its engine nor its adapter is taken for the app's", async () => {
    load(modules);
    const asked = adapters.length;
    expect(await testHandoff([])).toBeUndefined();
    expect(await testHandoff([{ opts: { perMessageDeflate: true } } as never])).toBeUndefined();
    expect(adopted).toEqual([]);
    expect(adapters).toHaveLength(asked);
  });
});

it("leaves no server and no connection behind", async () => {
  load("own");
  await testHandoff([]);
  const open = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith("TCP"));
  while (open()) await new Promise((resolve) => setImmediate(resolve));
});

it("says what failed, in one sentence, where a part of socket.io does something else", async () => {
  const { Socket } = load("own");
  breakMethod(Socket, "emit", () => true);
  const sentence = await testHandoff([]);
  expect(sentence).toMatch(
    /^The self test of the handoff failed where the client enters a namespace \(not within 2000 ms\): a reload tells clients to reconnect/,
  );
});

it("says so where a session cannot be built", async () => {
  const { Socket } = load("own");
  breakMethod(Socket, "_onclose", () => {
    throw new Error("no such field");
  });
  expect(await testHandoff([])).toMatch(/failed where the session leaves \(no such field\)/);
});

it("an engine of the app's is adopted before it and after it", async () => {
  load("own");
  const { Server } = createRequire(join(MODULES.own, "app.cjs"))("engine.io") as { Server: new () => Engine };
  const engines = [new Server()];
  expect(await testHandoff([])).toBeUndefined();
  engines.push(new Server());
  expect(adopted).toEqual(engines);
});
