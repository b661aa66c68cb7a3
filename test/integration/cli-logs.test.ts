/** What `holdfast logs` prints, of a primary whose fleet prints what the test says. */

import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { scriptedFleet } from "../helpers/scripted-fleet.js";

const fleet = scriptedFleet("shop");
const { run, command } = fleet;

describe("holdfast logs", () => {
  const print = (line: string, slot: number | null = 0): void =>
    fleet.primary.logs.add({
      slot,
      generation: 1,
      stream: slot === null ? "log" : "stderr",
      line: Buffer.from(line),
    });

  it("--follow prints what was printed before and each line from then on, until the fleet ends", async () => {
    print("holdfast ready", null);
    print("before");
    const shown = command("logs", "--follow");
    await shown.until("stdout", "before");
    print("from another", 1);
    print("then");
    await shown.until("stdout", "then");
    await fleet.primary.close();
    expect(await shown.ended).toBe(0);
    expect(shown.read.stdout).toBe("holdfast ready\n0 | before\n1 | from another\n0 | then\n");
    expect(shown.read.stderr).toBe("holdfast: The fleet shop has ended.\n");
  });

  it("of one slot, so many lines, as JSON", async () => {
    for (const line of ["a", "b", "c"]) print(line, 1);
    print("other", 0);
    const { stdout } = await run("logs", "--slot", "1", "--lines", "2", "--json");
    const line = { time: expect.any(Number), slot: 1, generation: 1, stream: "stderr" };
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text)),
    ).toEqual([
      { ...line, text: "b" },
      { ...line, text: "c" },
    ]);
  });

  it("leaves a reader that does not keep up, and tells it so", async () => {
    const asked = request({ socketPath: fleet.primary.socket, path: "/logs?follow=1", agent: false }).end();
    const [response] = await once(asked, "response");
    response.pause();
    for (let line = 0; line < 1000; line++) print(`${line} ${"x".repeat(10_000)}`);
    const lines = (await text(response))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ error: { code: "ERR_LOGS_SLOW" } });
    expect(lines.length).toBeLessThan(1000);
    expect(lines[0].text).toMatch(/^0 x/);
  });

  it.each([
    ["--slot", "1296"],
    ["--lines", "-1"],
  ])("refuses %s %s", async (flag, value) => {
    const { code, stderr } = await run("logs", flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${flag} must be a whole number from 0 to `);
  });
});
