/** A rolling reload in its plain form, under clients that ask all through it. */

import { writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { get, isRefused, Load } from "../helpers/http-client.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const HELLO = new URL("../fixtures/primary/hello.mjs", import.meta.url).href;
let directory: ReturnType<typeof temporaryDirectory>;
let app: string;
let fleet: Fleet | undefined;
beforeEach(() => {
  directory = temporaryDirectory();
  app = join(directory.path, "app.mjs");
  writeFileSync(app, `import "${HELLO}";`);
});
afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
  directory.remove();
});

async function start(workers: number, args: readonly string[] = []): Promise<Fleet> {
  fleet = await startFleet("primary/reads-code.mjs", { workers, args, env: { APP: app } });
  return fleet;
}

const generations = async (running: Fleet): Promise<number[]> =>
  (await running.status()).workers.map(({ generation }) => generation);
const said = (running: Fleet, words: string): Promise<void> =>
  running.until(words, () => running.stderr.includes(words));

describe("SIGHUP", () => {
  it("replaces every worker without one failed request", async () => {
    const running = await start(3);
    const load = new Load(running.url);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 finished");
    await load.stop();
    expect(load.failures).toEqual([]);
    const seen = new Set(load.answers.map((answer) => JSON.parse(answer).generation));
    expect([...seen].sort()).toEqual(["1", "2"]);
    expect(await generations(running)).toEqual([2, 2, 2]);
  });

  it("loses no request of clients that keep their connections", async () => {
    const running = await start(3);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const load = new Load(running.url, 4, agent);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 finished");
    await load.stop();
    agent.destroy();
    expect(load.failures).toEqual([]);
  });

  it("lets a fleet of one serve all through", async () => {
    const running = await start(1);
    const load = new Load(running.url);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 finished");
    await load.stop();
    expect(load.failures).toEqual([]);
  });

  it("stops at the first worker of new code that does not get ready, and says why; the old ones serve", async () => {
    const running = await start(2);
    writeFileSync(app, "throw new Error('the new code is broken');");
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 failed");
    expect(running.stderr).toContain("(the new code is broken); 2 of 2 slots keep the workers they had");
    const status = await running.status();
    expect(status.workers.map(({ generation, state }) => [generation, state])).toEqual([
      [1, "ready"],
      [1, "ready"],
    ]);
    expect(JSON.parse(await get(running.url))).toMatchObject({ generation: "1" });
    writeFileSync(app, `import "${HELLO}";`);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 3 finished");
    expect(await generations(running)).toEqual([3, 3]);
  });

  it("is refused while a reload runs", async () => {
    const running = await start(2);
    writeFileSync(app, `process.env.BOOT_TIME = "1000"; await import("${HELLO}");`);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 started");
    running.process.kill("SIGHUP");
    await said(running, "reload refused: A reload to generation 2 runs already.");
    await said(running, "reload to generation 2 finished");
    expect(await generations(running)).toEqual([2, 2]);
  });

  it("lets the old port go when the new code listens elsewhere", async () => {
    const running = await start(2);
    const old = running.url;
    // The first fleet's port came from the system; now the app asks for another one by itself.
    writeFileSync(app, `process.env.HOST = "127.0.0.2"; await import("${HELLO}");`);
    running.process.kill("SIGHUP");
    await said(running, "reload to generation 2 finished");
    await running.until("refusal", () => isRefused(old));
    const [address] = (await running.status()).listening;
    if (typeof address !== "object") throw new Error("no address");
    expect(address.address).toBe("127.0.0.2");
    expect(JSON.parse(await get(`http://127.0.0.2:${address.port}`))).toMatchObject({ generation: "2" });
  });
});

describe("holdfast reload", () => {
  it("returns when the fleet is of the new generation", async () => {
    const running = await start(2);
    const { stdout } = await running.command("reload", "--json");
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ generation: 2 });
  });

  it("fails with the reason when the new code is broken", async () => {
    const running = await start(1);
    writeFileSync(app, "throw new Error('the new code is broken');");
    await expect(running.command("reload")).rejects.toThrow(/ERR_RELOAD_FAILED/);
  });
});
