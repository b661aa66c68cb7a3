/** Promise: with `--listen ports:4000` slot i has the port 4000 + i, and keeps it through crashes and reloads. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { freeRow } from "../helpers/free-ports.js";
import { get, isRefused, Load } from "../helpers/http-client.js";
import { echo, openSession } from "../helpers/polling-session.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { moreStrays } from "../helpers/strays.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

type Ports = { readonly fleet: Fleet; readonly first: number };

function fleetOf(entry: string, options: FleetOptions): Fleet {
  const fleet = new Fleet(entry, options);
  cleanUp.push(() => fleet.stop());
  return fleet;
}

async function start(workers: number, options: FleetOptions & { entry?: string } = {}): Promise<Ports> {
  // Some more, for scaling up.
  const first = await freeRow(workers + 2);
  const { entry = "apps/echo.mjs", args = [], ...rest } = options;
  const fleet = fleetOf(entry, { workers, args: ["--listen", `ports:${first}`, ...args], ...rest });
  await readyWith(fleet, `ports=${range(first, workers)}`);
  return { fleet, first };
}

const range = (first: number, workers: number): string =>
  workers === 1 ? `${first}` : `${first}-${first + workers - 1}`;

async function readyWith(fleet: Fleet, where: string): Promise<void> {
  await fleet.until("ready line", () => fleet.ended || / ready /.test(fleet.stdout));
  expect(fleet.stdout + fleet.stderr).toContain(`holdfast ready name=${fleet.name} ${where} workers=`);
}

const slots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);
const urlOf = (port: number, path = ""): string => `http://127.0.0.1:${port}${path}`;

async function open(port: number): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  cleanUp.push(() => connection.destroy());
  return connection;
}

describe("the port of each slot", () => {
  it("reaches its own worker, always, and the status says so", async () => {
    const { fleet, first } = await start(4);
    for (const slot of slots(4)) {
      for (let turn = 0; turn < 10; turn++) expect(await get(urlOf(first + slot, "/slot"))).toBe(`${slot}`);
      expect((await openSession(await open(first + slot))).sid).toMatch(new RegExp(`^000${slot}`));
    }
    const status = await fleet.status();
    expect(status.slotSockets).toEqual({ kind: "ports", first });
    for (const { slot, listening } of status.workers)
      expect(listening).toMatchObject([{ address: "127.0.0.1", port: first + slot }]);
    const { stdout } = await fleet.command("status");
    expect(stdout).toContain(` · on ports ${range(first, 4)} · `);
    expect(stdout).toMatch(new RegExp(`^3 .* ${first + 3}$`, "m"));
  });

  it.each(["environment", "file"])("is in PORT, also where the %s says --listen", async (where) => {
    const first = await freeRow(2);
    const listen = `ports:${first}`;
    const fleet = fleetOf("cli/echo.js", {
      workers: 2,
      ...(where === "file"
        ? { args: ["--config", fileWith({ listen })] }
        : { env: { HOLDFAST_LISTEN: listen } }),
    });
    await readyWith(fleet, `ports=${range(first, 2)}`);
    for (const slot of slots(2))
      expect(JSON.parse(await get(urlOf(first + slot)))).toMatchObject({
        port: `${first + slot}`,
        slot: `${slot}`,
      });
  });

  it("serves requests of a session that come to all ports in turn, without an error", async () => {
    const { fleet, first } = await start(4);
    const connections = await Promise.all(slots(4).map((slot) => open(first + slot)));
    const session = await openSession(connections[2] as RawConnection);
    expect(session.slot).toBe(2);
    for (let id = 0; id < 40; id++)
      await echo(connections[id % 4] as RawConnection, session, id, `text ${id}`);
    // The connections that bring stray after stray have moved to the owner by now; new ones bring one each.
    for (let id = 40; id < 80; id++) {
      const connection = await RawConnection.open(first + (id % 4));
      await echo(connection, session, id, `text ${id}`);
      connection.destroy();
    }
    await moreStrays(fleet, "requestsForwarded", 40);
    await moreStrays(fleet, "connectionsMoved", 2);
  });

  it("is only for the app's first server: later ones share theirs", async () => {
    const { fleet, first } = await start(2, { entry: "primary/listens-twice.mjs" });
    const ports = (name: string): number[] =>
      [...fleet.stdout.matchAll(new RegExp(`^\\d \\| ${name} on .*"port":(\\d+)`, "gm"))].map(([, port]) =>
        Number(port),
      );
    await fleet.until("listeners", () =>
      ["first", "second", "third"].every((name) => ports(name).length === 2),
    );
    expect(ports("first").sort()).toEqual([first, first + 1]);
    for (const name of ["second", "third"]) expect(new Set(ports(name)).size).toBe(1);
    const seen = new Set<string>();
    await fleet.until(
      "both workers",
      async () => seen.add(await get(urlOf(ports("second")[0] ?? 0))).size === 2,
    );
  });
});

/** @returns the path of a configuration file */
function fileWith(config: object): string {
  const { path, remove } = temporaryDirectory();
  cleanUp.push(remove);
  const file = join(path, "holdfast.config.json");
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe("a worker that is killed", () => {
  it("loses no connection that waits at its port, and none is refused", async () => {
    const { fleet, first } = await start(4, { args: ["--restart-delay", "500ms"] });
    const pid = await fleet.pidOf(1);
    // Stopped, it accepts nothing: what comes now waits in the kernel's queue.
    process.kill(pid, "SIGSTOP");
    const waiting = await Promise.all(slots(30).map(() => open(first + 1)));
    const answers = waiting.map((connection) => connection.get("/slot"));
    process.kill(pid, "SIGKILL");
    await fleet.until("death", () => fleet.stderr.includes("was killed by SIGKILL"));
    const late = slots(20).map(() => get(urlOf(first + 1, "/slot")));
    expect(new Set((await Promise.all(answers)).map(({ body }) => body.toString()))).toEqual(new Set(["1"]));
    expect(new Set(await Promise.all(late))).toEqual(new Set(["1"]));
    for (const slot of slots(4)) expect(await get(urlOf(first + slot, "/slot"))).toBe(`${slot}`);
  });
});

describe("a reload", () => {
  it("keeps every port open, with its slot behind it", async () => {
    const { fleet, first } = await start(2);
    const loads = slots(2).map((slot) => new Load(urlOf(first + slot, "/slot"), 2));
    await fleet.command("reload");
    await Promise.all(loads.map((load) => load.stop()));
    expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
    expect(loads.map(({ answers }) => [...new Set(answers)])).toEqual([["0"], ["1"]]);
    expect((await fleet.status()).workers.map(({ generation }) => generation)).toEqual([2, 2]);
  });
});

describe("new code that listens on another address", () => {
  const HELLO = new URL("../fixtures/primary/hello.mjs", import.meta.url).href;
  const MOVED = `process.env.HOST = "127.0.0.2"; await import("${HELLO}");`;

  /** @returns a fleet, and what gives it other code for the next reload */
  async function startWithCode(): Promise<Ports & { become(code: string): void }> {
    const { path, remove } = temporaryDirectory();
    cleanUp.push(remove);
    const app = join(path, "app.mjs");
    const become = (code: string): void => writeFileSync(app, code);
    become(`import "${HELLO}";`);
    return { become, ...(await start(2, { entry: "primary/reads-code.mjs", env: { APP: app } })) };
  }

  it("takes all its ports there along, and lets the old ones go", async () => {
    const { fleet, first, become } = await startWithCode();
    become(MOVED);
    await fleet.command("reload");
    for (const slot of slots(2)) {
      expect(JSON.parse(await get(`http://127.0.0.2:${first + slot}`))).toMatchObject({ slot: `${slot}` });
      await fleet.until("refusal", () => isRefused(urlOf(first + slot)));
    }
  });

  it("fails with the reload where one of them is taken, and the old code serves on", async () => {
    const { fleet, first, become } = await startWithCode();
    await occupy(first + 1, "127.0.0.2");
    become(MOVED);
    await expect(fleet.command("reload")).rejects.toThrow("ERR_RELOAD_FAILED");
    expect(fleet.stderr).toContain(`slot 1 cannot have port ${first + 1} of 127.0.0.2: EADDRINUSE`);
    for (const slot of slots(2))
      expect(JSON.parse(await get(urlOf(first + slot)))).toMatchObject({ slot: `${slot}`, generation: "1" });
    expect(await isRefused(`http://127.0.0.2:${first}`)).toBe(true);
  });
});

describe("holdfast scale", () => {
  it("opens a port for each new slot, and closes those of the slots that go", async () => {
    const { fleet, first } = await start(1);
    await fleet.command("scale", "3");
    for (const slot of slots(3)) expect(await get(urlOf(first + slot, "/slot"))).toBe(`${slot}`);
    await fleet.command("scale", "1");
    for (const slot of [1, 2]) expect(await isRefused(urlOf(first + slot))).toBe(true);
    expect(await get(urlOf(first, "/slot"))).toBe("0");
    await fleet.command("scale", "2");
    expect(await get(urlOf(first + 1, "/slot"))).toBe("1");
  });

  it("closes a port not before its worker has drained", async () => {
    const { fleet, first } = await start(2, { entry: "primary/hello.mjs" });
    const slow = get(urlOf(first + 1, "/?wait=3000"));
    const scaled = fleet.command("scale", "1");
    await fleet.until("draining", async () => (await fleet.status()).workers[1]?.state === "draining");
    (await RawConnection.open(first + 1)).destroy();
    expect(JSON.parse(await slow)).toMatchObject({ slot: "1" });
    await scaled;
    expect(await isRefused(urlOf(first + 1))).toBe(true);
  });

  it("refuses more workers than there are ports", async () => {
    const fleet = fleetOf("apps/echo.mjs", { workers: 1, args: ["--listen", "ports:65534"] });
    await readyWith(fleet, "ports=65534");
    await expect(fleet.command("scale", "3")).rejects.toThrow(
      "A fleet with --listen ports:65534 has 1 to 2 workers, and 3 were asked for. Ask for a number between.",
    );
    expect((await fleet.status()).workers).toHaveLength(1);
  });

  it("says so where the next port is taken, and the others serve on", async () => {
    const { fleet, first } = await start(2);
    await occupy(first + 2);
    await expect(fleet.command("scale", "3")).rejects.toThrow(
      `The new worker of slot 2 failed: it exited with code 1 (listen EADDRINUSE: address already in use 127.0.0.1:${first + 2}).`,
    );
    for (const slot of slots(2)) expect(await get(urlOf(first + slot, "/slot"))).toBe(`${slot}`);
  });
});

async function occupy(port: number, address = "127.0.0.1"): Promise<void> {
  const server = createServer().listen(port, address);
  await once(server, "listening");
  cleanUp.push(() => server.close());
}

describe("a port that somebody else has", () => {
  it("lets no worker serve: the fleet says which port of which slot, ends with 3, and has bound none", async () => {
    const first = await freeRow(4);
    await occupy(first + 2);
    const fleet = fleetOf("apps/echo.mjs", { workers: 4, args: ["--listen", `ports:${first}`] });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stdout).not.toContain("ready");
    expect(fleet.stderr).toContain(
      `holdfast could not start: slot 2 cannot have port ${first + 2} of 127.0.0.1: EADDRINUSE, address already in use. Another program uses it: stop that, or choose other sockets with --listen.`,
    );
    expect(fleet.stderr).not.toContain(" ready in ");
    for (const slot of [0, 1, 3]) expect(await isRefused(urlOf(first + slot))).toBe(true);
  });
});
