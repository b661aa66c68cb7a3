/** Starting a fleet: ready, or why not. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { withEachAlone } from "../helpers/acceptors.js";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { get } from "../helpers/http-client.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const QUICK = ["--restart-delay", "20ms", "--restart-delay-max", "100ms"];
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function fleetOf(entry: string, options: FleetOptions = {}): Fleet {
  const fleet = new Fleet(entry.startsWith("/") ? entry : `primary/${entry}`, options);
  cleanUp.push(() => fleet.stop());
  return fleet;
}

async function foreignServer(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => server.close());
  return { port: (server.address() as { port: number }).port, server };
}

describe("a fleet that starts", () => {
  it("prints one ready line, on stdout, when every worker is ready", async () => {
    const fleet = fleetOf("hello.mjs", { workers: 3 });
    await fleet.ready();
    expect(fleet.stdout.match(/^holdfast ready .*$/gm)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^holdfast ready name=${fleet.name} port=\\d+ workers=3 pid=${fleet.process.pid} in \\d+ ms$`,
        ),
      ),
    ]);
    expect(fleet.stderr.match(/^holdfast slot=\d gen=1 pid=\d+ ready in \d+ ms$/gm)).toHaveLength(3);
    expect((await fleet.status()).workers.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
  });

  it("tells each worker who it is", async () => {
    const fleet = fleetOf("hello.mjs", { workers: 2 });
    await fleet.ready();
    const told = await withEachAlone(fleet, async () => JSON.parse(await get(fleet.url)));
    expect(told).toMatchObject(["0", "1"].map((slot) => ({ slot, generation: "1", workers: "2" })));
  });

  it("answers while the first worker is ready and another takes three seconds to boot", async () => {
    const directory = temporaryDirectory();
    cleanUp.push(directory.remove);
    const app = join(directory.path, "app.mjs");
    const hello = new URL("../fixtures/primary/hello.mjs", import.meta.url).href;
    writeFileSync(
      app,
      `process.env.BOOT_TIME = process.env.HOLDFAST_SLOT === "0" ? "0" : "3000"; await import("${hello}");`,
    );
    const fleet = fleetOf(app, { workers: 2 });
    await fleet.until("first worker", () => /slot=0 .*ready in/.test(fleet.stderr));
    const { listening } = await fleet.status();
    const [address] = listening;
    if (typeof address !== "object") throw new Error(JSON.stringify(listening));
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get(`http://127.0.0.1:${address.port}`)),
    );
    expect(answers.every((answer) => JSON.parse(answer).slot === "0")).toBe(true);
    expect(fleet.stdout).not.toContain("holdfast ready");
    await fleet.ready();
  });

  it("says workers=2/3 when one slot crash-loops, serves every client, and tries that slot again and again", async () => {
    const fleet = fleetOf("crashes-in-slot-1.mjs", { workers: 3, args: [...QUICK, "--max-failures", "2"] });
    await fleet.ready();
    expect(fleet.stdout).toContain(" workers=2/3 ");
    await fleet.until("four failures", () => fleet.stderr.includes("(failure 4 in a row)"));
    expect(fleet.stderr).toContain("the other 2 ready workers serve, so it is tried for ever");
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(fleet.url)));
    expect(answers.map((answer) => JSON.parse(answer).slot)).not.toContain("1");
  });
});

describe("a fleet that cannot start", () => {
  it("gives up with exit code 3 after so many failures, and shows the app's own error", async () => {
    const fleet = fleetOf("crashes-on-boot.mjs", { workers: 2, args: [...QUICK, "--max-failures", "4"] });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stderr).toMatch(/^\d \| Error: cannot reach the database at db\.example:5432$/m);
    expect(fleet.stderr).toMatch(/^\d \| +at file:.*crashes-on-boot\.mjs:3:7$/m);
    expect(fleet.stderr).toMatch(
      /^holdfast gave up: 4 starts in a row failed and no worker is ready\. .*: cannot reach the database at db\.example:5432\. Mend what the app says above, then start it again\.$/m,
    );
    expect(fleet.stdout).not.toContain("holdfast ready");
  });

  it("quotes the last line of stderr where the app exits without an exception", async () => {
    const fleet = fleetOf("exits-on-boot.mjs", { workers: 1, args: [...QUICK, "--max-failures", "2"] });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stderr).toContain(
      "exited with code 7 before it was ready: config.yaml: port must be a number.",
    );
  });

  it("ends with exit code 4 when a module is missing, without a second try", async () => {
    const fleet = fleetOf("missing-module.mjs");
    expect(await fleet.exited(5000)).toBe(4);
    expect(fleet.stderr).not.toContain("next start");
    expect(fleet.stderr).toMatch(
      /^holdfast could not load the app .*missing-module\.mjs: Cannot find module .*there-is-no-such-file/m,
    );
    expect(fleet.stderr.match(/holdfast could not load/g)).toHaveLength(1);
  });

  it("ends with exit code 4 when the app has a syntax error, and shows the place", async () => {
    const directory = temporaryDirectory();
    cleanUp.push(directory.remove);
    const app = join(directory.path, "broken.mjs");
    writeFileSync(app, "const port = ;\n");
    const fleet = fleetOf(app, { workers: 1 });
    expect(await fleet.exited()).toBe(4);
    expect(fleet.stderr).toMatch(/^0 \| .*broken\.mjs:1$/m);
    expect(fleet.stderr).toContain("SyntaxError: Unexpected token ';'");
  });

  it("kills a worker that is not ready in time, and gives up with exit code 3", async () => {
    const fleet = fleetOf("never-listens.mjs", {
      workers: 1,
      args: [...QUICK, "--boot-timeout", "700ms", "--max-failures", "2"],
    });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stderr.match(/was not ready within 700 ms: killed/g)).toHaveLength(2);
    expect(fleet.stderr).toContain("It was not ready within 700 ms.");
  });

  it("shows the app's own EADDRINUSE where another program has the port, and says what to do", async () => {
    const { port } = await foreignServer();
    const fleet = fleetOf("hello.mjs", {
      workers: 2,
      args: [...QUICK, "--max-failures", "3"],
      env: { PORT: `${port}` },
    });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stderr).toContain(`Error: listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(fleet.stderr).toContain(
      "Another program uses that address: stop it, or choose another with --port.",
    );
  });

  it("becomes ready as soon as a crash loop ends by itself", async () => {
    const directory = temporaryDirectory();
    cleanUp.push(directory.remove);
    const fleet = fleetOf("crashes-three-times.mjs", {
      workers: 1,
      args: QUICK,
      env: { COUNTER: join(directory.path, "counter") },
    });
    await fleet.ready();
    expect(fleet.stdout).toContain(" workers=1 ");
    expect(fleet.stderr).toContain("(failure 3 in a row)");
  });
});
