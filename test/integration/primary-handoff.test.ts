/** The primary's part of a handoff, with real processes that die and hang in the midst of it. What moves is not here: workers only say so. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../helpers/temporary.js";

const STUB = fileURLToPath(new URL("../fixtures/primary/stub-fleet.mjs", import.meta.url));

let primary: ChildProcess;
let directory: ReturnType<typeof temporaryDirectory>;
let output = "";

/** Starts a fleet of one whose workers behave so, waits until it is ready, and reloads it. */
async function reload(behaviour: string, handoffTimeout = 20_000): Promise<void> {
  directory = temporaryDirectory();
  output = "";
  const env = { ...process.env, HOLDFAST_RUNTIME_DIR: directory.path, BEHAVIOUR: behaviour };
  primary = spawn(process.execPath, [STUB, "1", String(handoffTimeout)], { env });
  for (const stream of [primary.stdout, primary.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  await said("holdfast ready");
  primary.kill("SIGHUP");
}

const said = (words: string): Promise<void> =>
  expect.poll(() => output, { timeout: 15_000, interval: 20 }).toContain(words);

afterEach(async () => {
  if (primary.exitCode === null && primary.signalCode === null) {
    const closed = once(primary, "close");
    primary.kill("SIGTERM");
    await closed;
  }
  directory.remove();
});

describe("a handoff", () => {
  it("ends with the new worker in its place, and with what moved", async () => {
    await reload("well");
    await said("1 worker reloaded, 5 sessions moved, 0 dropped, longest pause 12 ms");
    // Two processes print: what they print has no order between them.
    expect(output.match(/told [a-z-]+/g)?.sort()).toEqual(["told drain", "told hand-over", "told take-over"]);
    expect(output).toContain("starts behind another");
  });

  it("is undone when the new worker is killed: the old one keeps its sessions and serves on", async () => {
    await reload("new-dies");
    await said("told keep");
    await said(
      "reload to generation 2 failed: the new worker of slot 0 was killed by SIGKILL before it had taken over",
    );
    expect(output).not.toContain("told drain");
  });

  it("is undone when the new worker hangs: it is killed first", async () => {
    await reload("new-hangs");
    await said("did not answer while it took sessions over: killed");
    await said("told keep");
    expect(output).not.toContain("told drain");
  });

  it("goes on when the old worker is killed: the new one takes over at once", async () => {
    await reload("old-dies");
    await said("told take-over");
    await said("reload to generation 2 finished");
  });

  it("goes on when the old worker hangs: its time is over, then it is killed", async () => {
    await reload("old-hangs", 1000);
    await said("told take-over");
    await said("did not exit in time: killed");
    await said("reload to generation 2 finished");
  });

  it("is left out where a worker cannot, and the log says why", async () => {
    await reload("new-cannot");
    await said("cannot hand sessions over, they are told to reconnect: its Node is too new");
    await said("reload to generation 2 finished");
    expect(output).not.toContain("told hand-over");
  });
});
