/** Promise: under a real PM2 `holdfast(io)` is all that the app needs, in cluster mode and in fork mode, whatever PM2 does with its processes. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AppFolder } from "../helpers/app-folder.js";
import { connected, newClient, slotOf, talk, talkOnAll } from "../helpers/every-transport.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";
import { RealPm2, type Told, toldBy } from "../helpers/pm2.js";
import { Visitors } from "../helpers/visitors.js";

const INSTANCES = 3;

let folder: AppFolder;
let pm2: RealPm2;
beforeAll(() => {
  folder = libraryFolder();
  folder.copy("library/managed.mjs");
  pm2 = new RealPm2(folder);
});
afterAll(async () => {
  await pm2.stop();
  folder.remove();
});

const slots = (told: readonly Told[]): number[] => told.map(({ slot }) => slot);
const instances = (told: readonly Told[]): number[] => told.map(({ instance }) => instance);
const isNewTo = (told: readonly Told[]) => (one: Told) => !told.some(({ pid }) => pid === one.pid);

/**
 * The slots of those visitors that lost their connection. Of those by WebSocket: requests of the others may also come by way of a
 * process that ends, as PM2 gives each connection to the next one.
 */
const parted = (visitors: Visitors): number[] =>
  visitors.partings
    .filter(({ transport }) => transport === "websocket")
    .map(({ slot }) => slot)
    .sort();

/** A session that opened as the drain began was closed before its client could say hello: the client tries again at once. */
const isOfEndedSession = (refusal: string): boolean => refusal.endsWith("xhr post error 400");

/** Members of one fleet hear a shout once. */
async function reachesEverybody(url: string, clients: number): Promise<void> {
  const sockets = Array.from({ length: clients }, () => newClient(url, "websocket"));
  await Promise.all(sockets.map(connected));
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "hello");
  expect(await Promise.all(heard)).toEqual(Array(clients).fill("hello"));
  for (const socket of sockets) socket.disconnect();
}

describe.each([
  { title: "cluster mode", settings: {} },
  { title: "cluster mode with wait_ready", settings: { wait_ready: true } },
])("$title", ({ title, settings }) => {
  const name = title.replaceAll(" ", "-");
  let url: string;
  let told: Told[];
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const app = { name, script: "managed.mjs", instances: INSTANCES, exec_mode: "cluster" } as const;
    await pm2.start({ ...app, ...settings, env: { PORT: port } });
    url = `http://127.0.0.1:${port}`;
    told = await toldBy(url, INSTANCES);
  });
  afterAll(() => pm2.run("delete", name));

  it("default clients connect on every slot without one error, by PM2's port alone", async () => {
    expect(slots(told)).toEqual([0, 1, 2]);
    expect(instances(told)).toEqual([0, 1, 2]);
    const { slots: served, errors } = await talk(url, "upgrade", 60);
    expect(errors).toEqual([]);
    expect([...served].sort()).toEqual([0, 1, 2]);
    expect((await talkOnAll(url, 12)).errors).toEqual([]);
    await reachesEverybody(url, 12);
  });

  it("after a reload every client is back, and each process has the slot of its instance again", async () => {
    const visitors = await Visitors.arrive(url, 30);
    await pm2.run("reload", name);
    told = await toldBy(url, INSTANCES, isNewTo(told));
    expect(slots(told)).toEqual(instances(told));
    expect(slots(told)).toEqual([0, 1, 2]);
    await visitors.allBack();
    expect(visitors.refusals.filter((refusal) => !isOfEndedSession(refusal))).toEqual([]);
    visitors.leave();
    const { slots: served, errors } = await talk(url, "upgrade", 30);
    expect(errors).toEqual([]);
    expect(served.size).toBe(INSTANCES);
    await reachesEverybody(url, 12);
  });
});

describe("cluster mode", () => {
  const name = "scaled";
  let url: string;
  let told: Told[];
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const app = { name, script: "managed.mjs", instances: INSTANCES, exec_mode: "cluster" } as const;
    await pm2.start({ ...app, env: { PORT: port } });
    url = `http://127.0.0.1:${port}`;
    told = await toldBy(url, INSTANCES);
  });
  afterAll(() => pm2.run("delete", name));

  it("scaled up: nobody notices, and the new slots get sessions", async () => {
    const visitors = await Visitors.arrive(url, 20);
    await pm2.run("scale", name, "+2");
    told = await toldBy(url, INSTANCES + 2);
    expect(slots(told)).toEqual([0, 1, 2, 3, 4]);
    expect(instances(told)).toEqual([0, 1, 2, 3, 4]);
    expect(visitors.partings).toEqual([]);
    expect(visitors.refusals).toEqual([]);
    visitors.leave();
    const { slots: served, errors } = await talkOnAll(url, 15);
    expect(errors).toEqual([]);
    expect([...served].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("scaled down: the clients of those that go reconnect to the others", async () => {
    const visitors = await Visitors.arrive(url, 30);
    const before = visitors.slots("websocket");
    await pm2.run("scale", name, `${INSTANCES}`);
    const left = await pm2.pids(name);
    told = told.filter(({ pid }) => left.includes(pid));
    expect(told).toHaveLength(INSTANCES);
    await visitors.allBack();
    expect(visitors.refusals.filter((refusal) => !isOfEndedSession(refusal))).toEqual([]);
    const stayed = slots(told);
    expect(stayed).toEqual(expect.arrayContaining(visitors.slots()));
    // PM2 ends one after the other, so whoever is sent away by the first may come to the second.
    const gone = before.filter((slot) => !stayed.includes(slot));
    expect(new Set(parted(visitors))).toEqual(new Set(gone));
    expect(parted(visitors).length).toBeGreaterThanOrEqual(gone.length);
    visitors.leave();
  });

  it("a process that is killed under load costs its own clients their connection, and comes back in its slot", async () => {
    const visitors = await Visitors.arrive(url, 30);
    const sessionsOf = (slot: number): number[] => visitors.slots("websocket").filter((one) => one === slot);
    const victim = told.reduce((a, b) => (sessionsOf(a.slot).length > sessionsOf(b.slot).length ? a : b));
    const hurt = sessionsOf(victim.slot);
    expect(hurt.length).toBeGreaterThan(0);
    process.kill(victim.pid, "SIGKILL");
    await toldBy(url, 1, (one) => one.slot === victim.slot && one.pid !== victim.pid);
    await visitors.allBack();
    expect(parted(visitors)).toEqual(hurt);
    visitors.leave();
    told = await toldBy(url, INSTANCES, ({ pid }) => pid !== victim.pid);
    expect(slots(told)).toEqual(instances(told));
    expect((await talkOnAll(url, 12)).errors).toEqual([]);
  });

  it("restarted: slots and instances agree again", async () => {
    await pm2.run("restart", name);
    told = await toldBy(url, INSTANCES, isNewTo(told));
    expect(slots(told)).toEqual(instances(told));
    const { slots: served, errors } = await talkOnAll(url, 12);
    expect(errors).toEqual([]);
    expect([...served].sort()).toEqual([...slots(told)].sort());
  });
});

describe("fork mode, with increment_var for the ports", () => {
  const name = "forked";
  let first: number;
  let front: RoundRobinFront;
  beforeAll(async () => {
    first = await freeRow(INSTANCES);
    const app = { name, script: "managed.mjs", instances: INSTANCES, exec_mode: "fork" } as const;
    await pm2.start({ ...app, increment_var: "PORT", env: { PORT: first } });
    front = await RoundRobinFront.listen([0, 1, 2].map((instance) => first + instance));
  });
  afterAll(async () => {
    front?.close();
    await pm2.run("delete", name);
  });

  const tellEach = async (accept?: (told: Told) => boolean): Promise<Told[]> =>
    (await Promise.all([0, 1, 2].map((i) => toldBy(`http://127.0.0.1:${first + i}`, 1, accept)))).flat();

  it("each process has its slot and its port, and they are one fleet", async () => {
    const told = await tellEach();
    expect(slots(told)).toEqual([0, 1, 2]);
    expect(told.map(({ port }) => port - first)).toEqual([0, 1, 2]);
    expect((await talkOnAll(front.url, 12)).errors).toEqual([]);
    await reachesEverybody(front.url, 12);
  });

  it("the same after PM2 restarted all, which is what it does at a reload here", async () => {
    const before = await tellEach();
    await pm2.run("reload", name);
    const told = await tellEach(isNewTo(before));
    expect(slots(told)).toEqual([0, 1, 2]);
    expect((await talkOnAll(front.url, 12)).errors).toEqual([]);
    await reachesEverybody(front.url, 12);
  });
});

it("two apps of one package under one PM2 never hear each other", async () => {
  const ports = await freePorts(2);
  const apps = ["shop", "bank"].map((name, index) => ({
    name,
    script: "managed.mjs",
    instances: 2,
    exec_mode: "cluster" as const,
    env: { PORT: ports[index] ?? 0, APP: name, POLICY: "round-robin" },
  }));
  await pm2.start(...apps);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  for (const [index, url] of urls.entries()) {
    const told = await toldBy(url, 2);
    expect(slots(told)).toEqual([0, 1]);
    expect(told.map(({ app }) => app)).toEqual(Array(2).fill(apps[index]?.name));
  }
  const [shop, bank] = await Promise.all(
    urls.map(async (url) => {
      const sockets = Array.from({ length: 6 }, () => newClient(url, "websocket"));
      await Promise.all(sockets.map(connected));
      expect(new Set(sockets.map(slotOf)).size).toBe(2);
      return sockets;
    }),
  );
  const heard: string[] = [];
  for (const socket of bank ?? []) socket.on("shout", (text) => heard.push(`bank: ${text}`));
  const told = (shop ?? []).map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  shop?.[0]?.emit("shout", "of the shop");
  await Promise.all(told);
  expect(await bank?.[0]?.timeout(5000).emitWithAck("who")).toBe(6);
  // Whatever was under way to the bank is there by now: its own shout was sent later, by the same ways.
  const own = (bank ?? []).map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  bank?.[0]?.emit("shout", "of the bank");
  await Promise.all(own);
  expect(new Set(heard)).toEqual(new Set(["bank: of the bank"]));
  for (const socket of [...(shop ?? []), ...(bank ?? [])]) socket.disconnect();
  await pm2.run("delete", "shop", "bank");
});
