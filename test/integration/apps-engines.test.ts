/** Promise: whichever engines an app has, whatever their paths, ids and adapters: all its workers serve them, and its own choices stand. */

import { afterEach, describe, expect, it } from "vitest";
import { connected, newClient, slotOf, TRANSPORTS, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { moreStrays } from "../helpers/strays.js";

const WORKERS = 3;
const CLIENTS = 10;

let fleet: Fleet | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  fleet = undefined;
  expect(code).toBe(0);
});

/** In turn, so that seven clients are enough to reach every slot, wherever they are accepted. */
const POLICY = ["--policy", "round-robin"];

async function start(variant: string): Promise<Fleet> {
  fleet = await startFleet("frameworks/variants.mjs", { workers: WORKERS, args: [...POLICY, "--", variant] });
  return fleet;
}

async function servesEverywhere(running: Fleet, options = {}): Promise<void> {
  const { slots, errors } = await talkOnAll(running.url, CLIENTS, options);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
  await moreStrays(running, "straysServed", 0);
}

describe.each(["engine.io alone", "engine.io by hand"])("%s", (variant) => {
  it("keeps its sessions with their owners on every transport", async () => {
    const running = await start(variant);
    for (const transports of Object.values(TRANSPORTS)) {
      const sessions = await Promise.all(
        Array.from({ length: CLIENTS }, () => converse(running.url, [...transports])),
      );
      expect(new Set(sessions.map((sid) => sid.slice(0, 4))).size).toBe(WORKERS);
    }
    await moreStrays(running, "straysServed", 0);
    expect(await (await fetch(`${running.url}/page`)).text()).toBe("plain /page");
  });
});

type EngineClient = {
  id: string;
  once(event: string, listener: (value: never) => void): void;
  on(event: string, listener: (value: never) => void): void;
  send(text: string): void;
  close(): void;
};

/** One session of Engine.IO alone that sends, upgrades where it can, and sends again. @returns its sid */
async function converse(url: string, transports: string[]): Promise<string> {
  // The client of socket.io brings that of engine.io.
  const { Socket } = (await import("engine.io-client")) as unknown as {
    Socket: new (url: string, options: object) => EngineClient;
  };
  const client = new Socket(url, { transports, path: "/engine.io/" });
  const failed = new Promise<never>((_resolve, reject) => {
    client.once("error", reject);
  });
  const event = (name: string): Promise<unknown> =>
    Promise.race([new Promise((resolve) => client.once(name, resolve)), failed]);
  await event("open");
  const upgrade = transports.length > 1 ? event("upgrade") : undefined;
  client.send("first");
  expect(await event("message")).toBe("first");
  await upgrade;
  client.send("second");
  expect(await event("message")).toBe("second");
  const { id } = client;
  client.close();
  return id;
}

it("io.bind(engine)", async () => {
  await servesEverywhere(await start("io.bind(engine)"));
});

it("a path of the app's own", async () => {
  const running = await start("a path");
  await servesEverywhere(running, { path: "/my/sockets" });
  expect(await (await fetch(`${running.url}/socket.io/`)).text()).toBe("plain /socket.io/");
});

it("addTrailingSlash: false", async () => {
  await servesEverywhere(await start("no trailing slash"), { addTrailingSlash: false });
});

it("two servers of Socket.IO with different paths on one HTTP server do not mix", async () => {
  const running = await start("two paths on one server");
  for (const path of ["/one/", "/two/"]) {
    await servesEverywhere(running, { path });
    for (const transport of ["polling", "websocket", "upgrade"] as const) {
      const socket = newClient(running.url, transport, { path });
      expect(await socket.timeout(5000).emitWithAck("path")).toBe(path);
      socket.disconnect();
    }
  }
  expect(await heardFirst(running, "/two/", "/one/")).toEqual(Array(CLIENTS).fill("/two/"));
});

/** A client of each path shouts, `loud` last. @returns what each client of `loud` hears first, wherever its session is */
async function heardFirst({ url }: Fleet, loud: string, other: string): Promise<unknown[]> {
  const listeners = Array.from({ length: CLIENTS }, () => newClient(url, "websocket", { path: loud }));
  const stranger = newClient(url, "websocket", { path: other });
  await Promise.all([...listeners, stranger].map(connected));
  const heard = Promise.all(
    listeners.map((socket) => new Promise((resolve) => socket.once("shout", resolve))),
  );
  const echo = new Promise((resolve) => stranger.once("shout", resolve));
  stranger.emit("shout", other);
  expect(await echo).toBe(other);
  listeners[0]?.emit("shout", loud);
  const words = await heard;
  for (const socket of [...listeners, stranger]) socket.disconnect();
  return words;
}

describe("generateId", () => {
  it("is prefixed and not replaced, whatever characters it uses", async () => {
    const running = await start("a generateId");
    await servesEverywhere(running);
    const { sid } = await handshake(running.port);
    expect(sid).toMatch(/^000[0-2]own\/\+=[A-Za-z0-9+/]{12}$/);
  });

  it("may be asynchronous, and set when sessions have been opened", async () => {
    const running = await start("an asynchronous generateId, set late");
    await running.until("an id of the app's in each slot", async () => {
      const found = await Promise.all(Array.from({ length: 12 }, () => handshake(running.port)));
      const own = found.filter(({ sid }) => /^000[0-2]late-[0-9a-f]{18}$/.test(sid));
      return new Set(own.map(({ sid }) => sid.slice(0, 4))).size === WORKERS;
    });
    await servesEverywhere(running);
  });
});

async function handshake(port: number): Promise<{ sid: string }> {
  const connection = await RawConnection.open(port);
  const { body } = await connection.get("/socket.io/?EIO=4&transport=polling");
  connection.destroy();
  return JSON.parse(body.toString().slice(1)) as { sid: string };
}

describe("an adapter", () => {
  it.each([
    ["by option", "an adapter by option", "ChosenAdapter"],
    ["set later", "an adapter set later", "ChosenAdapter"],
    ["of nobody's choice", "no adapter", "HoldfastAdapter"],
    ["of nobody's choice, with recovery", "recovery", "HoldfastAdapter"],
  ])("%s is the one that the app has", async (_what, variant, name) => {
    const running = await start(variant);
    const socket = newClient(running.url, "websocket");
    expect(await socket.timeout(5000).emitWithAck("adapter", "/")).toBe(name);
    socket.disconnect();
    await servesEverywhere(running);
  });
});

it("with connectionStateRecovery every argument arrives as it was sent, in both directions", async () => {
  const { url } = await start("recovery");
  const sockets = Array.from({ length: 6 }, (_, index) =>
    newClient(url, index % 2 === 0 ? "polling" : "websocket"),
  );
  await Promise.all(sockets.map(connected));
  expect(new Set(sockets.map(slotOf)).size).toBeGreaterThan(1);
  const heard: unknown[][][] = sockets.map((socket) => {
    const all: unknown[][] = [];
    socket.onAny((...args) => all.push(args));
    socket.on("with ack", (_value: string, answer: (reply: string) => void) => answer("reply"));
    return all;
  });
  for (const socket of sockets) {
    expect(await socket.timeout(5000).emitWithAck("arguments", 1, "two", [3])).toEqual([1, "two", [3]]);
    expect(await socket.timeout(5000).emitWithAck("send me")).toBe("reply");
  }
  const toAll = (args: unknown[]): boolean => args[0] === "sent to all";
  await fleet?.until("the broadcasts", () => heard.every((all) => all.filter(toAll).length === 6));
  for (const all of heard) {
    expect(all.filter(([event]) => event === "sent")).toEqual([["sent", 1, "two", { three: 3 }]]);
    for (const args of all.filter(toAll)) expect(args).toEqual(["sent to all", Buffer.from([4]), null]);
  }
  for (const socket of sockets) socket.disconnect();
});
