/** What the app prints, and what Holdfast says. */

import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function fleetOf(entry: string, options: FleetOptions): Fleet {
  const fleet = new Fleet(`primary/${entry}`, options);
  cleanUp.push(() => fleet.stop("SIGKILL"));
  return fleet;
}

const ofApp = (text: string): string => text.replace(/^holdfast .*\n/gm, "");

describe("the app's output", () => {
  it("comes line by line behind the slot's number, bytes unchanged", async () => {
    const fleet = fleetOf("prints.mjs", { workers: 1 });
    await fleet.ready();
    fleet.process.kill("SIGTERM");
    await fleet.exited();
    expect(ofApp(fleet.stdout)).toBe(
      [
        "0 | two\n0 | lines\n0 | in pieces\n",
        "0 | \x1b[31mred\x1b[39m \xe9 \u{1f980}\r\n",
        `0 | ${"long".repeat(20_000)}\n`,
        "0 | colour off\n",
        "0 | no newline at the end",
      ].join(""),
    );
    expect(ofApp(fleet.stderr)).toBe("0 | to stderr\n");
  });

  it("comes without a prefix when that is switched off", async () => {
    const fleet = fleetOf("prints.mjs", { workers: 1, args: ["--no-prefix"] });
    await fleet.until("last line", () => fleet.stdout.includes("no newline at the end"));
    expect(fleet.stdout).toContain("two\nlines\nin pieces\n");
    expect(fleet.stdout).not.toContain("0 | ");
    await fleet.until("stderr", () => /^to stderr$/m.test(fleet.stderr));
  });

  it("keeps lines of several workers whole", async () => {
    const fleet = fleetOf("prints.mjs", { workers: 3 });
    await fleet.ready();
    fleet.process.kill("SIGTERM");
    await fleet.exited();
    for (const slot of [0, 1, 2]) {
      expect(fleet.stdout.split("\n")).toContain(`${slot} | ${"long".repeat(20_000)}`);
    }
  });

  it("makes the app wait, and not the primary grow, where nobody reads; orders are still heard", async () => {
    const [entry, cli] = ["../fixtures/primary/prints-much.mjs", "../../dist/cli/main.js"].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    );
    const fleet = fleetOf("hello.mjs", { workers: 1 });
    const options: SpawnOptions = {
      env: { ...fleet.environment, HOLDFAST_NAME: "unread" },
      stdio: ["ignore", "pipe", "pipe"],
    };
    const unread = spawn(process.execPath, [`${cli}`, "start", `${entry}`, "-w", "2"], options);
    cleanUp.push(() => unread.kill("SIGKILL"));
    let heard = "";
    unread.stderr?.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    await fleet.until("workers", () => (heard.match(/ready in/g) ?? []).length === 2);
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${unread.pid}/status`, "utf8"))?.[1]);
    const before = memory();
    const since = Date.now();
    await fleet.until("two seconds", () => Date.now() - since > 2000);
    expect(memory() - before).toBeLessThan(20_000);
    unread.kill("SIGTERM");
    await fleet.until("drained", () => (heard.match(/drained/g) ?? []).length === 2);
    unread.stdout?.resume();
    expect(await once(unread, "exit")).toEqual([0, null]);
  });

  it("may lose its reader without harm to the app", async () => {
    const fleet = fleetOf("prints-much.mjs", { workers: 1 });
    await fleet.ready();
    fleet.process.stdout?.destroy();
    const before = (await fleet.status()).workers[0];
    await fleet.until(
      "a second later",
      async () => (await fleet.status()).uptime > (before?.uptime ?? 0) + 1500,
    );
    expect((await fleet.status()).workers[0]).toMatchObject({ pid: before?.pid, state: "ready" });
  });
});

describe("--log json", () => {
  it("says everything in one JSON object a line, the ready line on stdout", async () => {
    const fleet = fleetOf("hello.mjs", { workers: 2, args: ["--log", "json"] });
    await fleet.until("ready line", () => fleet.stdout.includes("\n"));
    fleet.process.kill("SIGTERM");
    await fleet.exited();
    const lines = fleet.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ready = JSON.parse(fleet.stdout);
    expect(ready).toMatchObject({ event: "ready", name: fleet.name, workers: 2, pid: fleet.process.pid });
    expect(ready.port).toBeGreaterThan(0);
    expect(ready.ms).toBeGreaterThan(0);
    expect(lines.map(({ event }) => event)).toEqual([
      "worker-ready",
      "worker-ready",
      "stopping",
      "worker-drained",
      "worker-drained",
      "worker-exited",
      "worker-exited",
      "stopped",
    ]);
    for (const line of lines) {
      expect(new Date(line.time).getTime()).toBeGreaterThan(Date.now() - 60_000);
      expect(line.level).toBe("info");
    }
  });
});
