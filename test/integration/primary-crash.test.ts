/** Workers that die: the others serve, a new one takes the slot, and no client is refused meanwhile. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Fleet, type FleetOptions, startFleet } from "../helpers/fleet.js";
import { get, isRefused, Load } from "../helpers/http-client.js";
import { childrenOf, isZombie, openDescriptors } from "../helpers/processes.js";

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
});

async function start(entry: string, options: FleetOptions): Promise<Fleet> {
  fleet = await startFleet(`primary/${entry}`, options);
  return fleet;
}

const refusals = (failures: string[]): string[] =>
  failures.filter((failure) => failure.includes("ECONNREFUSED"));

describe("a worker that is killed", () => {
  it("is replaced in its slot, and no connection is refused", async () => {
    const running = await start("hello.mjs", { workers: 2 });
    const load = new Load(running.url);
    const killed = await running.pidOf(1);
    process.kill(killed, "SIGKILL");
    await running.until("replacement", async () => {
      const [worker] = (await running.status()).workers.filter(({ slot }) => slot === 1);
      return worker?.state === "ready" && worker.pid !== killed && worker.restarts === 1;
    });
    await load.stop();
    expect(refusals(load.failures)).toEqual([]);
    // What the killed worker was just answering is lost with it, no more: four clients, one request each.
    expect(load.failures.length).toBeLessThanOrEqual(4);
    expect(running.stderr).toMatch(/slot=1 gen=1 pid=\d+ was killed by SIGKILL.*; next start in 100 ms/);
  });

  it("lets clients wait, not fail, where it was the only one", async () => {
    const running = await start("hello.mjs", { workers: 1, args: ["--restart-delay", "700ms"] });
    process.kill(await running.pidOf(0), "SIGKILL");
    await running.until("death", () => running.stderr.includes("was killed by SIGKILL"));
    const since = Date.now();
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(running.url)));
    expect(answers.map((answer) => JSON.parse(answer).slot)).toEqual(Array(10).fill("0"));
    expect(Date.now() - since).toBeGreaterThan(300);
  });

  it("leaves no zombie, no socket file and no descriptor behind, however often it happens", async () => {
    const running = await start("hello.mjs", { workers: 2, args: ["--restart-delay", "20ms"] });
    const primary = running.process.pid ?? 0;
    const killOne = async (round: number): Promise<void> => {
      process.kill(await running.pidOf(1), "SIGKILL");
      await running.until(`round ${round}`, async () => {
        const worker = (await running.status()).workers.find(({ slot }) => slot === 1);
        return worker?.state === "ready" && worker.restarts === round;
      });
    };
    await killOne(1);
    const before = openDescriptors(primary);
    for (let round = 2; round <= 6; round++) await killOne(round);
    // Each question for the state is a connection for a moment, the one before the first count, too: never is there more than that one.
    await running.until("as many descriptors as before", () => openDescriptors(primary) <= before, 5000);
    expect(childrenOf(primary).filter(isZombie)).toEqual([]);
    expect(childrenOf(primary)).toHaveLength(2);
    const files = readdirSync(join(running.directory, running.name));
    expect(files.filter((file) => file.startsWith("w"))).toHaveLength(2);
  });
});

describe("an app that ends", () => {
  it("with code 0 is started again: a server is not meant to end", async () => {
    const running = await start("hello.mjs", { workers: 1 });
    await get(`${running.url}/exit?code=0`).catch(() => {});
    expect(JSON.parse(await get(running.url))).toMatchObject({ slot: "0" });
    expect(running.stderr).toContain("ended by itself with code 0");
  });

  it("with an exception is started again, and its stack is shown", async () => {
    const running = await start("hello.mjs", { workers: 1 });
    await get(`${running.url}/throw`).catch(() => {});
    expect(JSON.parse(await get(running.url))).toMatchObject({ slot: "0" });
    expect(running.stderr).toMatch(/^0 \| Error: thrown by request$/m);
  });

  it("is seen to be gone although a program that it started keeps its outputs open", async () => {
    const running = await start("starts-a-helper.mjs", { workers: 1 });
    const since = Date.now();
    process.kill(await running.pidOf(0), "SIGKILL");
    await running.until("next start", () => running.stderr.includes("was killed by SIGKILL"));
    expect(Date.now() - since).toBeLessThan(2500);
  });

  it("closes a port for good when every worker has closed its server", async () => {
    const running = await start("hello.mjs", { workers: 1 });
    await get(`${running.url}/close`);
    await running.until("refusal", () => isRefused(running.url));
  });
});
