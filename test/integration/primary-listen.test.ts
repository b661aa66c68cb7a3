/** Sockets that the primary binds and all workers share. */

import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { withEachAlone } from "../helpers/acceptors.js";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { get, getFromPath } from "../helpers/http-client.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function fleetOf(entry: string, options: FleetOptions): Fleet {
  const fleet = new Fleet(`primary/${entry}`, options);
  cleanUp.push(() => fleet.stop());
  return fleet;
}

describe("several listeners of one app", () => {
  it("on port 0 get a port each, the same in every worker", async () => {
    const fleet = fleetOf("listens-twice.mjs", { workers: 2 });
    await fleet.ready();
    const port = (name: string): string[] => {
      const lines = fleet.stdout.matchAll(new RegExp(`^\\d \\| ${name} on .*"port":(\\d+)`, "gm"));
      return [...lines].map(([, found = ""]) => found);
    };
    await fleet.until("listeners", () =>
      ["first", "second", "third"].every((name) => port(name).length === 2),
    );
    const ports = ["first", "second", "third"].map((name) => {
      const [one, other] = port(name);
      expect(one).toBe(other);
      return one;
    });
    expect(new Set(ports).size).toBe(3);
    expect(await withEachAlone(fleet, () => get(`http://127.0.0.1:${ports[1]}`))).toEqual([
      "second 0",
      "second 1",
    ]);
    expect(await withEachAlone(fleet, () => get(`http://localhost:${ports[2]}`))).toEqual([
      "third 0",
      "third 1",
    ]);
  });
});

describe("a Unix socket", () => {
  it("is shared, has the mode that the app asks for, is named in the ready line and gone at the end", async () => {
    const directory = temporaryDirectory();
    cleanUp.push(directory.remove);
    const path = join(directory.path, "app.sock");
    const fleet = fleetOf("listens-on-path.mjs", { workers: 2, env: { SOCKET_PATH: path } });
    await fleet.until("ready line", () =>
      fleet.stdout.includes(`holdfast ready name=${fleet.name} path=${path} workers=2`),
    );
    expect(statSync(path).mode & 0o666).toBe(0o666);
    expect(await withEachAlone(fleet, () => getFromPath(path, "/"))).toEqual(["0", "1"]);
    fleet.process.kill("SIGTERM");
    expect(await fleet.exited()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("survives the death of a worker", async () => {
    const directory = temporaryDirectory();
    cleanUp.push(directory.remove);
    const path = join(directory.path, "app.sock");
    const fleet = fleetOf("listens-on-path.mjs", { workers: 1, env: { SOCKET_PATH: path } });
    await fleet.until("ready line", () => fleet.stdout.includes("holdfast ready"));
    process.kill(await fleet.pidOf(0), "SIGKILL");
    await fleet.until("death", () => fleet.stderr.includes("was killed by SIGKILL"));
    expect(await getFromPath(path, "/")).toBe("0");
  });
});

describe("a port that is taken", () => {
  it("is EADDRINUSE to the app as in plain Node, and the app may take another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanUp.push(() => server.close());
    const { port } = server.address() as { port: number };
    const fleet = fleetOf("tries-next-port.mjs", { workers: 2, env: { TAKEN_PORT: `${port}` } });
    await fleet.ready();
    const words = `listen EADDRINUSE: address already in use 127.0.0.1:${port} listen -98`;
    expect(fleet.stdout.split("\n").filter((line) => line.endsWith(words))).toHaveLength(2);
    expect(fleet.port).not.toBe(port);
    expect(await get(fleet.url)).toBe("hello");
  });
});

describe("--port and --host", () => {
  it("win over what the app asks for, and an unknown host name is the app's error", async () => {
    const fleet = fleetOf("hello.mjs", {
      workers: 1,
      args: ["--host", "no-such-host.invalid", "--max-failures", "1"],
    });
    expect(await fleet.exited()).toBe(3);
    expect(fleet.stderr).toMatch(/getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-host\.invalid/);
  });
});
