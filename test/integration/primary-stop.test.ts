/** The end of a fleet: in order, in a hurry, and by the death of its primary. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { get, isRefused } from "../helpers/http-client.js";
import { childrenOf, isRunning } from "../helpers/processes.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { FrameStream, upgradeRequest } from "../helpers/raw-websocket.js";

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop("SIGKILL");
  fleet = undefined;
});

async function start(entry: string, options: FleetOptions = {}): Promise<{ fleet: Fleet; pids: number[] }> {
  fleet = new Fleet(`primary/${entry}`, { workers: 2, ...options });
  await fleet.ready();
  return { fleet, pids: childrenOf(fleet.process.pid ?? 0) };
}

/** Nothing is left of it: no process, no file, no port. */
async function expectNothingLeft({ fleet, pids }: { fleet: Fleet; pids: number[] }): Promise<void> {
  expect(pids.filter(isRunning)).toEqual([]);
  expect(readdirSync(fleet.directory)).toEqual([]);
  await expect(get(fleet.url)).rejects.toThrow("ECONNREFUSED");
}

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  it("lets what is in flight be answered, ends with 0 and leaves nothing behind", async () => {
    const running = await start("hello.mjs");
    const answers = Promise.all(Array.from({ length: 6 }, () => get(`${running.fleet.url}/?wait=800`)));
    // Each is in a worker's hands once it is accepted; a request that is answered now came after them.
    await get(running.fleet.url);
    await get(running.fleet.url);
    running.fleet.process.kill(signal);
    expect((await answers).map((answer) => JSON.parse(answer).generation)).toEqual(Array(6).fill("1"));
    expect(await running.fleet.exited()).toBe(0);
    await expectNothingLeft(running);
  });
});

describe("stop", () => {
  it("refuses new clients from the first moment on", async () => {
    const running = await start("hello.mjs");
    const answer = get(`${running.fleet.url}/?wait=1500`);
    await get(running.fleet.url);
    running.fleet.process.kill("SIGTERM");
    await running.fleet.until("refusal", () => isRefused(running.fleet.url));
    expect(running.fleet.ended).toBe(false);
    expect(JSON.parse(await answer)).toMatchObject({ generation: "1" });
    expect(await running.fleet.exited()).toBe(0);
  });

  it("closes a session, too, that opens while it drains, on a connection that was accepted before", async () => {
    // Neither the end of the time nor a heartbeat closes it meanwhile.
    const env = { PING_INTERVAL: "3600000" };
    fleet = new Fleet("apps/echo.mjs", { workers: 1, args: ["--drain-timeout", "10m"], env });
    await fleet.ready();
    const { url } = fleet;
    const connection = await RawConnection.open(fleet.port);
    const request = upgradeRequest("/socket.io/?EIO=4&transport=websocket");
    connection.socket.write(request.slice(0, -2));
    await get(`${url}/slot`);
    fleet.process.kill("SIGTERM");
    await fleet.until("refusal", () => isRefused(url));
    connection.socket.write(request.slice(-2));
    await new FrameStream(connection).switched();
    // Of all that a server sends here, only the head of a closing frame has this byte. The answer is that we close as well.
    for (let seen = connection.take(); !seen.includes(0x88); seen = connection.take())
      await connection.more();
    connection.socket.destroy();
    expect(await fleet.exited()).toBe(0);
  });

  it("gives the app the time that its own TERM handler needs, and calls it once", async () => {
    const running = await start("closes-in-order.mjs", { workers: 1 });
    running.fleet.process.kill("SIGTERM");
    expect(await running.fleet.exited()).toBe(0);
    expect(running.fleet.stdout.match(/closing the database/g)).toHaveLength(1);
    expect(running.fleet.stdout).toContain("0 | database closed");
    await expectNothingLeft(running);
  });

  it("kills a worker that does not go by the time-out, and ends with 1", async () => {
    const running = await start("ignores-term.mjs", { args: ["--drain-timeout", "1s"] });
    running.fleet.process.kill("SIGTERM");
    expect(await running.fleet.exited()).toBe(1);
    expect(running.fleet.stdout).toContain("0 | heard TERM");
    expect(running.fleet.stderr.match(/did not exit in time: killed/g)).toHaveLength(2);
    await expectNothingLeft(running);
  });

  it("kills a worker whose event loop stands still", async () => {
    const running = await start("hello.mjs", { workers: 1, args: ["--drain-timeout", "1s"] });
    const busy = get(`${running.fleet.url}/busy?wait=10000`).catch(() => {});
    await get(running.fleet.url, { timeout: 200 }).catch(() => {});
    running.fleet.process.kill("SIGTERM");
    expect(await running.fleet.exited(5000)).toBe(1);
    await busy;
    await expectNothingLeft(running);
  });

  it("kills at once at a second signal, and ends with 1", async () => {
    const running = await start("ignores-term.mjs", { args: ["--drain-timeout", "20s"] });
    running.fleet.process.kill("SIGTERM");
    await running.fleet.until(
      "both drained",
      () => (running.fleet.stdout.match(/heard TERM/g) ?? []).length === 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 250));
    const since = Date.now();
    running.fleet.process.kill("SIGTERM");
    expect(await running.fleet.exited()).toBe(1);
    expect(Date.now() - since).toBeLessThan(2000);
    await expectNothingLeft(running);
  });

  it("ends a fleet that still starts, at once and with 0", async () => {
    fleet = new Fleet("primary/hello.mjs", { workers: 2, env: { BOOT_TIME: "30000" } });
    const { pid = 0 } = fleet.process;
    const running = fleet;
    await running.until(
      "workers",
      () => childrenOf(pid).length === 2 && existsSync(join(running.directory, running.name, "primary.sock")),
    );
    const pids = childrenOf(pid);
    const since = Date.now();
    running.process.kill("SIGTERM");
    expect(await running.exited()).toBe(0);
    expect(Date.now() - since).toBeLessThan(3000);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(readdirSync(running.directory)).toEqual([]);
  });

  it("takes a Ctrl-C, which every process of the group hears, for one order to drain", async () => {
    fleet = new Fleet("primary/hello.mjs", { workers: 2, detached: true });
    const running = fleet;
    await running.ready();
    const answer = get(`${running.url}/?wait=700`);
    await get(running.url);
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(JSON.parse(await answer)).toMatchObject({ generation: "1" });
    expect(await running.exited()).toBe(0);
  });

  it("over the control socket drains too", async () => {
    const running = await start("hello.mjs");
    const answer = get(`${running.fleet.url}/?wait=700`);
    await get(running.fleet.url);
    await running.fleet.command("stop");
    expect(JSON.parse(await answer)).toMatchObject({ generation: "1" });
    expect(await running.fleet.exited()).toBe(0);
    await expectNothingLeft(running);
  });
});

describe("a primary that is killed", () => {
  it("takes its workers along: they drain and go by themselves", async () => {
    const running = await start("hello.mjs");
    const answer = get(`${running.fleet.url}/?wait=700`);
    await get(running.fleet.url);
    running.fleet.process.kill("SIGKILL");
    expect(JSON.parse(await answer)).toMatchObject({ generation: "1" });
    await running.fleet.until("end of the workers", () => running.pids.every((pid) => !isRunning(pid)));
  });

  it("does not keep the next one of its name from starting", async () => {
    const running = await start("hello.mjs");
    running.fleet.process.kill("SIGKILL");
    await running.fleet.until("end of the workers", () => running.pids.every((pid) => !isRunning(pid)));
    expect(readdirSync(join(running.fleet.directory, running.fleet.name))).not.toEqual([]);
    const again = spawn(process.execPath, running.fleet.process.spawnargs.slice(1), {
      env: running.fleet.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    again.stdout.setEncoding("utf8");
    const [line] = (await once(again.stdout, "data")) as [string];
    expect(line).toContain("holdfast ready");
    again.kill("SIGTERM");
    const [code] = await once(again, "exit");
    expect(code).toBe(0);
    expect(readdirSync(running.fleet.directory)).toEqual([]);
  });
});

describe("a primary with a fault of its own", () => {
  it("says so, ends with 1, and leaves neither workers nor files behind", async () => {
    const fault = new URL("../fixtures/primary/breaks-the-primary.mjs", import.meta.url).href;
    const running = await start("hello.mjs", { env: { NODE_OPTIONS: `--import ${fault}` } });
    running.fleet.process.kill("SIGUSR2");
    expect(await running.fleet.exited()).toBe(1);
    expect(running.fleet.stderr).toContain(
      "holdfast has a fault and ends, with all workers: Error: a fault in the primary",
    );
    await running.fleet.until("end of the workers", () => running.pids.every((pid) => !isRunning(pid)));
    await expectNothingLeft(running);
  });
});
