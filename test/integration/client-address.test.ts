/** Promise: behind a trusted proxy the app sees the client's address wherever it looks; of anybody else no header is believed. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { addressesSeen, expectEachToBeSeen, expectEverywhere, from } from "../helpers/addresses.js";
import { AppFolder, MODULES } from "../helpers/app-folder.js";
import { makeCertificate } from "../helpers/certificate.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { Http2Connection } from "../helpers/http2-session.js";
import { LibraryProcess, libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";
import { strayPair } from "../helpers/polling-session.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { moreStrays } from "../helpers/strays.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const WORKERS = 3;
const APP = "apps/addresses.mjs";
const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";
const says = (address: string): { extraHeaders: Record<string, string> } => ({
  extraHeaders: { "X-Forwarded-For": `10.9.9.9, ${address}` },
});

let fleet: Fleet | undefined;
afterEach(async () => {
  if (fleet !== undefined) expect(await fleet.stop()).toBe(0);
  fleet = undefined;
});

const start = async (...args: string[]): Promise<Fleet> => {
  fleet = await startFleet(APP, { workers: WORKERS, args });
  return fleet;
};

describe("a trusted proxy's X-Forwarded-For", () => {
  let shared: Fleet;
  beforeAll(async () => {
    shared = await startFleet(APP, {
      workers: WORKERS,
      args: ["--policy", "round-robin", "--trust-proxy", "loopback"],
    });
  });
  afterAll(async () => {
    expect(await shared.stop()).toBe(0);
  });

  it("is seen on every transport, in forwarded strays and in upgrades that were passed", async () => {
    await expectEachToBeSeen(shared.url, says);
    await expectEachToBeSeen(shared.url, says, (index) => `2001:db8::${index + 1}`);
    await moreStrays(shared, "requestsForwarded", 0);
    await moreStrays(shared, "upgradesPassed", 0);
  });

  it("is each request's own on a connection that clients and plain routes share, also when it moves", async () => {
    const { session, other } = await strayPair(WORKERS, () => RawConnection.open(shared.port));
    const seenBy = async (address: string, target = session.target): Promise<string | undefined> => {
      const answer = await other.post(target, "3", { "X-Forwarded-For": address });
      return answer.headers.get("x-seen-address");
    };
    // Six strays in a row and it is the owner's.
    for (let turn = 0; turn < 8; turn++) {
      expect(await seenBy(`203.0.113.${turn}`)).toBe(`203.0.113.${turn}`);
      if (turn % 4 === 3) expect((await other.get("/peer")).body.toString()).toBe("127.0.0.1");
      if (turn === 3)
        for (let more = 0; more < 8; more++) expect(await seenBy("192.0.2.7")).toBe("192.0.2.7");
    }
    await moreStrays(shared, "connectionsMoved", 0);
    expect((await other.get("/slot")).body.toString()).toBe(`${session.slot}`);
    const [opened, without] = [
      await other.get(HANDSHAKE, { "X-Forwarded-For": "203.0.113.99" }),
      await other.get(HANDSHAKE),
    ];
    expect(opened.headers.get("x-seen-address")).toBe("203.0.113.99");
    expect(without.headers.get("x-seen-address")).toBe("127.0.0.1");
    expect((await other.get("/peer")).body.toString()).toBe("127.0.0.1");
  });

  it("brings a port along where the proxy says it", async () => {
    for (const transport of ["polling", "websocket"] as const) {
      for (let client = 0; client < 4; client++) {
        const { addresses } = await addressesSeen(shared.url, transport, says("203.0.113.9:4711"));
        expectEverywhere(addresses, "203.0.113.9", transport);
        expect(addresses.port).toBe(4711);
      }
    }
  });
});

it("behind TLS it is seen over HTTP/1.1, HTTP/2 and in tunnels, and the connection stays secure", async () => {
  const folder = temporaryDirectory();
  const { key, cert } = makeCertificate(folder.path);
  const args = ["--policy", "round-robin", "--trust-proxy", "loopback"];
  fleet = await startFleet(APP, { workers: WORKERS, args, env: { KEY: key, CERT: cert } });
  folder.remove();
  const url = `https://127.0.0.1:${fleet.port}`;
  await expectEachToBeSeen(url, (address) => ({ ...says(address), rejectUnauthorized: false }));
  await moreStrays(fleet, "upgradesTunnelled", 0);
  const { addresses } = await addressesSeen(url, "upgrade", { rejectUnauthorized: false });
  expect(addresses).toMatchObject({ secure: true, handshake: "127.0.0.1" });

  const connection = await Http2Connection.open(url);
  for (let turn = 0; turn < 6; turn++) {
    const { headers } = await connection.send(HANDSHAKE, undefined, {
      "x-forwarded-for": `203.0.113.${turn}`,
    });
    expect(headers["x-seen-address"]).toBe(`203.0.113.${turn}`);
  }
  expect((await connection.send("/peer")).body).toBe("127.0.0.1");
  connection.close();
});

it("a peer that is not trusted is the client, whatever it says", async () => {
  const { url } = await start("--policy", "round-robin", "--trust-proxy", "192.0.2.0/24,127.0.0.9");
  const extraHeaders = { "X-Forwarded-For": "203.0.113.9", Forwarded: "for=203.0.113.9" };
  for (const transport of ["polling", "websocket", "upgrade"] as const) {
    const { addresses } = await addressesSeen(url, transport, { extraHeaders });
    expectEverywhere(addresses, "127.0.0.1", transport);
  }
  await expectEachToBeSeen(url, (address) => ({ ...says(address), ...from("127.0.0.9") }));
});

describe("Forwarded", () => {
  const forwarded = (address: string): { extraHeaders: Record<string, string> } => ({
    extraHeaders: { Forwarded: `for=10.9.9.9, for="[${address}]:4711";proto=https` },
  });
  const inV6 = (index: number): string => `2001:db8::${index + 1}`;

  it("is believed where there is no X-Forwarded-For, with one warning that says how to make that safe", async () => {
    const { url } = await start("--policy", "round-robin", "--trust-proxy", "1");
    await expectEachToBeSeen(url, forwarded, inV6);
    const both = {
      extraHeaders: { ...forwarded("2001:db8::1").extraHeaders, "X-Forwarded-For": "203.0.113.9" },
    };
    const { addresses } = await addressesSeen(url, "polling", both);
    expectEverywhere(addresses, "203.0.113.9", "polling");
    expect(fleet?.stderr.match(/--trust-header forwarded/g)).toHaveLength(1);
  });

  it("alone counts where the proxy is said to write it: a client's own X-Forwarded-For does not", async () => {
    const { url } = await start(
      "--trust-proxy",
      "true",
      "--trust-header",
      "forwarded",
      "--policy",
      "round-robin",
    );
    const both = (address: string): { extraHeaders: Record<string, string> } => ({
      extraHeaders: { "X-Forwarded-For": "203.0.113.9", Forwarded: `for="[${address}]"` },
    });
    await expectEachToBeSeen(url, both, inV6);
    const { addresses } = await addressesSeen(url, "polling", {
      extraHeaders: { "X-Forwarded-For": "203.0.113.9" },
    });
    expect(addresses.handshake).toBe("127.0.0.1");
    expect(fleet?.stderr).not.toContain("--trust-header");
  });
});

describe("a proxy on Unix sockets", () => {
  it.each([
    ["unix", "203.0.113.9"],
    ["loopback", "undefined"],
  ])("with --trust-proxy %s makes the client %s, at its owner and astray", async (trust, expected) => {
    const folder = temporaryDirectory();
    fleet = await startFleet(APP, {
      workers: 2,
      args: ["--trust-proxy", trust, "--listen", `pipes:${folder.path}`, "--policy", "round-robin"],
      ready: false,
    });
    await fleet.until("ready", () => / ready name/.test(fleet?.stdout ?? ""));
    for (const slot of [0, 1]) {
      const connection = await RawConnection.openPath(join(folder.path, `${slot}.sock`));
      const seen = new Set<string | undefined>();
      for (let turn = 0; turn < 4; turn++) {
        const opened = await connection.get(HANDSHAKE, { "X-Forwarded-For": "203.0.113.9" });
        seen.add(opened.headers.get("x-seen-address"));
      }
      connection.destroy();
      expect([...seen]).toEqual([expected]);
    }
    await moreStrays(fleet, "straysServed", 0);
    folder.remove();
  });
});

it("in the library form the environment says who is trusted, and strays carry what their worker found", async () => {
  const folder = libraryFolder();
  folder.copy("apps/addresses.mjs", "apps/addresses.mjs");
  const entry = folder.copy("library/addresses.mjs", "library/app.mjs");
  const env = { HOLDFAST_TRUST_PROXY: "loopback", HOLDFAST_POLICY: "round-robin", HOST: "127.0.0.1" };
  const workers = [0, 1, 2].map(
    (slot) => new LibraryProcess(entry, folder, { ...env, HOLDFAST_SLOT: `${slot}` }),
  );
  const joined = await Promise.all(workers.map((worker) => worker.joined()));
  const front = await RoundRobinFront.listen(joined.flat().map(({ port }) => port));
  try {
    await expectEachToBeSeen(front.url, says);
  } finally {
    front.close();
    await Promise.all(workers.map((worker) => worker.kill()));
    folder.remove();
  }
});

it("the same with socket.io 4.6", async () => {
  const folder = new AppFolder();
  folder.link("node_modules", MODULES["socket.io 4.6"]);
  const args = ["--policy", "round-robin", "--trust-proxy", "loopback"];
  fleet = await startFleet(folder.copy(APP), { workers: WORKERS, args });
  folder.remove();
  await expectEachToBeSeen(fleet.url, says);
});

it("ip-hash places by the address that the app sees", async () => {
  const running = await start("--policy", "ip-hash", "--trust-proxy", "1", "--trust-header", "forwarded");
  const slots = new Map<string, Set<number>>();
  for (let turn = 0; turn < 3; turn++) {
    for (let index = 0; index < 20; index++) {
      const address = `203.0.113.${index}`;
      const connection = await RawConnection.open(running.port);
      const headers = { Forwarded: `for=${address}`, "X-Forwarded-For": `10.0.0.${turn}` };
      const { body } = await connection.get(HANDSHAKE, headers);
      const { sid } = JSON.parse(body.toString().slice(1)) as { sid: string };
      slots.set(address, (slots.get(address) ?? new Set()).add(Number.parseInt(sid.slice(2, 4), 36)));
      connection.destroy();
    }
  }
  expect([...slots.values()].map((of) => of.size)).toEqual(Array(20).fill(1));
  expect(new Set([...slots.values()].flatMap((of) => [...of])).size).toBe(WORKERS);
});
