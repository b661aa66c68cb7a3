/**
 * Promise: several hosts behind one real proxy. Their numbers differ, their workers share a port each, and every request comes to the
 * host that its session id names.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { connected, newClient, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { holdfast } from "../helpers/holdfast-command.js";
import { get } from "../helpers/http-client.js";
import { RealProxy, type RealProxyKind } from "../helpers/real-proxy.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const NUMBERS = [1, 887];
const WORKERS = 2;
const SESSIONS = 12;

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function folder(): string {
  const { path, remove } = temporaryDirectory();
  cleanUp.push(remove);
  return path;
}

async function startHost(number: number): Promise<Fleet> {
  const args = ["--host-number", `${number}`];
  // A proxy that stops waits for requests that wait.
  const env = { PING_INTERVAL: "1500", PING_TIMEOUT: "5000" };
  const fleet = await startFleet("apps/echo.mjs", { workers: WORKERS, args, env });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

/** Each has a runtime folder of its own, as two machines have. */
async function startHosts(): Promise<Fleet[]> {
  return Promise.all(NUMBERS.map(startHost));
}

async function behind(kind: RealProxyKind, fleets: readonly Fleet[]): Promise<string> {
  const [port = 0, admin = 0] = await freePorts(2);
  const site = {
    port,
    sessions: 500,
    hosts: fleets.map((fleet, at) => ({ number: NUMBERS[at], address: "127.0.0.1", port: fleet.port })),
  };
  const runtime = folder();
  writeFileSync(join(runtime, "site.json"), JSON.stringify(site));
  const command = ["proxy", kind, "--site", "site.json", "--check", "--out", "proxy.conf"];
  const { code, stderr } = await holdfast(command, { runtime, cwd: runtime });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return serve(kind, readFileSync(join(runtime, "proxy.conf"), "utf8"), [port, admin]);
}

async function serve(kind: RealProxyKind, text: string, ports: [number, number]): Promise<string> {
  const proxy = await RealProxy.start(kind, text, ports);
  cleanUp.push(() => proxy.stop());
  return proxy.url;
}

const idOf = (socket: Socket): string => (socket.io.engine as unknown as { id: string }).id;
const hostOf = (socket: Socket): number => Number.parseInt(idOf(socket).slice(0, 2), 36);
const echo = (socket: Socket): Promise<unknown> => socket.timeout(15_000).emitWithAck("echo", "here");

/** Sessions on one transport, connected. */
async function open(url: string, reconnection = false): Promise<Socket[]> {
  const sockets = Array.from({ length: SESSIONS }, (_, index) =>
    newClient(url, index % 2 === 0 ? "polling" : "websocket", { reconnection, reconnectionDelay: 50 }),
  );
  cleanUp.push(() => {
    for (const socket of sockets) socket.disconnect();
  });
  await Promise.all(sockets.map(connected));
  return sockets;
}

describe.each(["nginx", "haproxy"] as const)("behind %s", (kind) => {
  it("all transports work on both hosts; when one stops, its clients are at home on the other", async () => {
    const fleets = await startHosts();
    const url = await behind(kind, fleets);
    // A request at the wrong host would be refused with "Session ID unknown".
    expect((await talkOnAll(url, SESSIONS)).errors).toEqual([]);

    const sockets = await open(url, true);
    expect(new Set(sockets.map(hostOf))).toEqual(new Set(NUMBERS));
    const stayed = sockets.filter((socket) => hostOf(socket) === NUMBERS[0]);
    const ids = stayed.map(idOf);
    const leaving = sockets.filter((socket) => hostOf(socket) === NUMBERS[1]);
    const back = leaving.map((socket) => new Promise<void>((resolve) => socket.once("connect", resolve)));
    await fleets[1]?.stop();
    await Promise.all(back);
    expect(await Promise.all(sockets.map(echo))).toEqual(sockets.map(() => "here"));
    expect(sockets.map(hostOf)).toEqual(sockets.map(() => NUMBERS[0]));
    expect(stayed.map(idOf)).toEqual(ids);
  });
});

describe.each(["caddy", "apache"] as const)("behind %s", (kind) => {
  it("all transports work on both hosts", async () => {
    const url = await behind(kind, await startHosts());
    expect((await talkOnAll(url, SESSIONS)).errors).toEqual([]);
    expect(new Set((await open(url)).map(hostOf))).toEqual(new Set(NUMBERS));
  });
});

it("whatever number a host has, its workers hear one another", async () => {
  const fleet = await startHost(1295);
  const sockets = await open(fleet.url);
  expect(new Set(sockets.map(hostOf))).toEqual(new Set([1295]));
  expect(await sockets[0]?.timeout(15_000).emitWithAck("who")).toBe(SESSIONS);
  // Private rooms are named by socket ids, which carry the number, too.
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  for (const socket of sockets) await socket.timeout(15_000).emitWithAck("join", "all");
  sockets[0]?.emit("shout", "all", "to a room");
  expect(await Promise.all(heard)).toEqual(sockets.map(() => "to a room"));
  for (const socket of sockets) {
    const answer = new Promise((resolve) => socket.once("shout", resolve));
    sockets[0]?.emit("shout", socket.id, "to one");
    expect(await answer).toBe("to one");
  }
});

it("a host refuses a session of another host, as one that it does not know", async () => {
  const [fleet] = await startHosts();
  const answer = await get(`${fleet?.url}/socket.io/?EIO=4&transport=polling&sid=on00AAAAAAAAAAAAAAAA`);
  expect(JSON.parse(answer)).toEqual({ code: 1, message: "Session ID unknown" });
});

it("without flags the running fleet says where it listens: a port for each worker, or one for all", async () => {
  const first = await freeRow(3);
  const own = await startFleet("apps/echo.mjs", { args: ["--listen", `ports:${first}`], ready: false });
  cleanUp.push(() => own.stop());
  await own.until("ready line", () => own.ended || / ready /.test(own.stdout));
  const [shared] = await startHosts();
  for (const [fleet, backends] of [
    [own, ["w0000", "w0001", "w0002"].map((name, slot) => `${name} 127.0.0.1:${first + slot}`)],
    [shared as Fleet, [`w01 127.0.0.1:${shared?.port}`]],
  ] as const) {
    const [port = 0, admin = 0] = await freePorts(2);
    const { stdout } = await fleet.command("proxy", "haproxy", "--port", `${port}`, "--sessions", "500");
    expect([...stdout.matchAll(/^ +server (.*)$/gm)].map(([, server]) => server)).toEqual(backends);
    const url = await serve("haproxy", stdout, [port, admin]);
    expect((await talkOnAll(url, SESSIONS)).errors).toEqual([]);
  }
});

/**
 * No cluster runs here, and the nginx of Debian does not ask for names while it runs (1.27.3): names are replaced by addresses, and what
 * is special about the place goes. What is left is the nginx.conf of the ConfigMap, in front of two hosts.
 */
it("the nginx of the Kubernetes manifests brings every request to its pod", async () => {
  const fleets = await Promise.all([0, 1].map(startHost));
  const runtime = folder();
  const command = ["proxy", "kubernetes", "--name", "chat", "--image", "chat:1", "--sessions", "500"];
  const { stdout } = await holdfast(command, { runtime });
  const map = parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .find(({ kind }) => kind === "ConfigMap");
  const [port = 0, admin = 0] = await freePorts(2);
  const ready = fleets.map((fleet) => `server 127.0.0.1:${fleet.port}$1;`).join(" ");
  const text = (map.data["nginx.conf"] as string)
    .replace(/^pid .*\n|^error_log .*\n|^ +include \/tmp\/resolver.conf;\n/gm, "")
    .replaceAll("/tmp/", `${runtime}/`)
    .replace(/server chat-(\d)\.chat\.default\.svc\.cluster\.local:3000 (.*) resolve;/g, (_, pod, words) => {
      return `server 127.0.0.1:${fleets[Number(pod)]?.port} ${words};`;
    })
    .replace(/server chat-ready\.default\.svc\.cluster\.local:3000(.*) resolve;/g, ready)
    .replace(/keepalive_timeout 4s;/g, "keepalive 32; keepalive_timeout 4s;")
    .replace("proxy_set_header Upgrade", "proxy_http_version 1.1; proxy_set_header Upgrade")
    .replace("listen 8080 ", `listen ${port} `);
  expect(text).not.toMatch(/resolve|cluster\.local/);
  const url = await serve("nginx", text, [port, admin]);
  expect((await talkOnAll(url, SESSIONS)).errors).toEqual([]);
  expect(new Set((await open(url)).map(hostOf))).toEqual(new Set([0, 1]));
});

it.each([
  ["search default.svc.cluster.local\nnameserver 10.96.0.10\nnameserver 10.96.0.11\n", "10.96.0.10"],
  ["nameserver fd00::a\noptions ndots:5\n", "[fd00::a]"],
])("the nginx of the manifests asks the name server that its pod was given", async (given, server) => {
  const runtime = folder();
  const { stdout } = await holdfast(["proxy", "kubernetes", "--image", "chat:1"], { runtime });
  const [, line = ""] = /^ +- (awk .*) && exec nginx/m.exec(stdout) ?? [];
  writeFileSync(join(runtime, "given"), given);
  const script = line
    .replace("/etc/resolv.conf", join(runtime, "given"))
    .replace("/tmp/resolver.conf", join(runtime, "made"));
  execFileSync("/bin/sh", ["-c", script]);
  expect(readFileSync(join(runtime, "made"), "utf8")).toBe(`resolver ${server} valid=5s;\n`);
});
