/**
 * Promise: who types what docs/deploy/several-hosts.md says has three hosts that are one site, behind nginx that reads the session id and behind
 * one that goes round robin. Each machine of the page is a place of its own, with an address of its own.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { connected, newClient, talkOnAll } from "../helpers/every-transport.js";
import { Fleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { holdfast, ROOT } from "../helpers/holdfast-command.js";
import { RealProxy } from "../helpers/real-proxy.js";
import { createNetwork, type Network, type Place } from "../helpers/site/network.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const SESSIONS = 12;
const HOSTS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const REDIS = "10.0.0.5";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** The page, with the addresses of this test. */
class Page {
  readonly places = new Map<string, Place>();
  #text = readFileSync(join(ROOT, "docs/deploy/several-hosts.md"), "utf8");

  static async read(network: Network): Promise<Page> {
    const page = new Page();
    for (const address of [...HOSTS, REDIS]) {
      const place = await network.place(`p${address.split(".").at(-1)}`);
      page.places.set(address, place);
      page.#text = page.#text.replaceAll(address, place.address);
    }
    page.#text = page.#text.replaceAll("10.0.0.4", network.address);
    return page;
  }

  /** Of each block of a kind, its text. */
  blocks(kind: string): string[] {
    const found = this.#text.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms"));
    return [...found].map(([, block = ""]) => block.trim());
  }

  place(address: string): Place {
    const place = this.places.get(address);
    if (place === undefined) throw new Error(`the page has no ${address}`);
    return place;
  }
}

/** As a shell takes a line without anything special but quotes around nothing. */
const wordsOf = (line: string): string[] => line.split(" ").map((word) => (word === '""' ? "" : word));

async function startRedis(line: string, { within }: Place): Promise<void> {
  const [program = "", ...args] = [...within, ...wordsOf(line)];
  const redis = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  cleanUp.push(async () => {
    redis.kill("SIGKILL");
    await once(redis, "exit");
  });
  let said = "";
  for await (const part of redis.stdout.setEncoding("utf8")) {
    said += part;
    if (said.includes("Ready to accept connections")) break;
  }
  expect(said).toContain("Ready to accept connections");
}

async function startHost(line: string, place: Place, environment: Record<string, string>): Promise<Fleet> {
  const [program, start, app, ...args] = wordsOf(line);
  expect([program, start, app]).toEqual(["holdfast", "start", "app.mjs"]);
  const env = { ...environment, HOST: place.address, PING_INTERVAL: "1500" };
  // Where places share a network, nobody may take the page's port from the others: it is on an address of its own.
  const fleet = new Fleet("apps/echo.mjs", { workers: 2, args, env, within: place.within });
  cleanUp.push(() => fleet.stop());
  await fleet.ready();
  return fleet;
}

async function serve(text: string, port: number, admin: number): Promise<RealProxy> {
  const proxy = await RealProxy.start("nginx", text, [port, admin]);
  cleanUp.push(() => proxy.stop());
  return proxy;
}

it("three hosts, Redis, and both kinds of balancer", async () => {
  const network = await createNetwork();
  cleanUp.push(() => network.remove());
  const page = await Page.read(network);
  const [redis = "", known = "", starts = "", status = "", write = "", others = ""] = page.blocks("sh");
  const exported = [...known.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  expect(exported.map(([name]) => name)).toEqual(["HOLDFAST_REDIS_URL", "HOLDFAST_SITE_SECRET"]);
  await startRedis(redis, page.place(REDIS));
  const lines = starts.split("\n");
  const fleets = await Promise.all(
    HOSTS.map((address, at) =>
      startHost(lines[at] ?? "", page.place(address), Object.fromEntries(exported) as Record<string, string>),
    ),
  );
  const [first] = fleets as [Fleet];
  await first.until("all hosts known", async () => (await first.status()).site?.hosts.length === 2);
  const [, name = "", ...flags] = wordsOf(status);
  const { stdout } = await first.command(name, ...flags);
  for (const address of HOSTS.slice(1)) expect(stdout).toContain(`${page.place(address).address}:7600`);

  const { path: cwd, remove } = temporaryDirectory();
  cleanUp.push(remove);
  writeFileSync(join(cwd, "site.yml"), page.blocks("yaml")[0] ?? "");
  const [port = 0, admin = 0, plain = 0, plainAdmin = 0] = await freePorts(4);
  for (const command of [write, ...others.split("\n")]) {
    // A private port, and no more open files than any machine allows.
    const args = [...wordsOf(command).slice(1), "--port", `${port}`, "--sessions", "500"];
    const { code, stderr } = await holdfast(args, { runtime: cwd, cwd });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  }
  const bySid = await serve(readFileSync(join(cwd, "nginx.conf"), "utf8"), port, admin);
  const [text = ""] = page.blocks("nginx");
  const inTurn = await serve(text.replace("listen 8080", `listen ${plain}`), plain, plainAdmin);
  for (const { url } of [bySid, inTurn]) {
    expect((await talkOnAll(url, SESSIONS)).errors).toEqual([]);
    await expectHeardByAll(url);
  }
}, 120_000);

/** One of many sessions, on all hosts, speaks to a room of all. */
async function expectHeardByAll(url: string): Promise<void> {
  const sockets = Array.from({ length: SESSIONS }, () => newClient(url, "websocket"));
  try {
    await Promise.all(sockets.map(connected));
    expect(new Set(sockets.map(({ io }) => hostOf(io.engine))).size).toBe(HOSTS.length);
    await Promise.all(sockets.map((socket) => socket.timeout(15_000).emitWithAck("join", "all")));
    // A room's first member on a host is news for the others.
    const deaf = new Set(sockets);
    for (const socket of sockets) socket.on("shout", () => deaf.delete(socket));
    const deadline = Date.now() + 15_000;
    while (deaf.size > 0 && Date.now() < deadline) {
      sockets[0]?.emit("shout", "all", "to everybody");
      await sockets[0]?.timeout(15_000).emitWithAck("who");
    }
    expect(deaf.size).toBe(0);
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
}

const hostOf = (engine: object): string => (engine as { id: string }).id.slice(0, 2);
