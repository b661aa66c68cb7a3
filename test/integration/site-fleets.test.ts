/** Fleets that a real Redis joins: real processes on one machine, each with its bridge. */

import { Emitter } from "@socket.io/redis-emitter";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ownerOf } from "../../src/routing/sid.js";
import { Fleet, type FleetOptions, startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { get } from "../helpers/http-client.js";
import { isRunning } from "../helpers/processes.js";
import { type RedisServer, startRedis } from "../helpers/redis.js";
import { Member } from "../helpers/rooms/member.js";
import type { Spoken } from "../helpers/rooms/session.js";

let redis: RedisServer;
let admin: Redis;
const cleanUp: (() => unknown)[] = [];
let sites = 0;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
});
afterAll(async () => {
  admin?.disconnect();
  await redis?.stop();
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** Flags of a site of its own, as each of its hosts has them. @param lease a host without a word for so long is gone */
function newSite(lease = "1s", url?: string): () => string[] {
  const prefix = `site-${++sites}`;
  return () => ["--redis", url ?? redis.url, "--redis-prefix", prefix, "--lease", lease];
}

async function host(site: readonly string[], { args = [], ...options }: FleetOptions = {}): Promise<Fleet> {
  const fleet = await startFleet("apps/rooms.mjs", { workers: 2, ...options, args: [...site, ...args] });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

function waiting(site: readonly string[], args: readonly string[] = []): Fleet {
  const fleet = new Fleet("apps/rooms.mjs", { workers: 1, args: [...site, ...args] });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

/** A client in the room r. */
async function enter(fleet: Fleet): Promise<Member> {
  const client = new Member(fleet.url, "websocket");
  await fleet.until("the client is welcome", () => client.session !== undefined);
  await client.join("r");
  return client;
}

const others = async (fleet: Fleet): Promise<number> => (await fleet.status()).site?.hosts.length ?? -1;

async function bridgeOf(fleet: Fleet): Promise<number> {
  const pid = (await fleet.status()).site?.bridge.pid;
  if (typeof pid !== "number") throw new Error("the fleet has no bridge");
  return pid;
}

/** A host that has just come hears a moment later where the members are: from the first that arrives on, none is missed. */
async function hears(listener: Member, speaker: Member, fleet: Fleet): Promise<void> {
  const said: Spoken[] = [];
  await fleet.until("a broadcast arrives", async () => {
    said.push(...([await speaker.say(["r"])].filter(Boolean) as Spoken[]));
    return said.some((spoken) => listener.session?.has(spoken));
  });
}

describe("two fleets with the same --redis", () => {
  let a: Fleet;
  let b: Fleet;
  let onA: Member;
  let onB: Member;
  const site = newSite("4s");

  beforeAll(async () => {
    const at = (): Promise<Fleet> => startFleet("apps/rooms.mjs", { workers: 2, args: site() });
    [a, b] = await Promise.all([at(), at()]);
    await a.until("they see each other", seeEachOther);
    [onA, onB] = [await enter(a), await enter(b)];
  });
  afterAll(async () => {
    for (const client of [onA, onB]) client?.close();
    await Promise.all([a?.stop(), b?.stop()]);
  });

  const seeEachOther = async (): Promise<boolean> => (await others(a)) === 1 && (await others(b)) === 1;

  it("have numbers of their own, which begin their sids", async () => {
    const numbers = await Promise.all([a, b].map(async (fleet) => (await fleet.status()).hostNumber));
    expect(new Set(numbers).size).toBe(2);
    const handshakes = await Promise.all(
      [a, b].map(({ url }) => get(`${url}/socket.io/?EIO=4&transport=polling`)),
    );
    expect(handshakes.map((text) => ownerOf(JSON.parse(text.slice(1)).sid)?.host)).toEqual(numbers);
  });

  it("hear each other's broadcasts, and those of an emitter outside, once and in order", async () => {
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    const said: (Spoken | undefined)[] = [];
    for (let turn = 0; turn < 20; turn++) said.push(await (turn % 2 === 0 ? onA : onB).say(["r"]));
    const hasAll = ({ session }: Member): boolean => said.every((one) => one && session?.has(one));
    await a.until("all arrived", () => hasAll(onA) && hasAll(onB));
    const outside = { worker: "outside", number: 1 };
    new Emitter(admin).to("r").emit("said", outside.worker, outside.number);
    await a.until("the emitter is heard", () => [onA, onB].every(({ session }) => session?.has(outside)));
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    expect([onA, onB].flatMap(({ session }) => session?.disorder())).toEqual([]);
  });

  it("keep their sessions while a bridge is dead, and are joined again by the next one", async () => {
    const { hostNumber } = await a.status();
    const ids = [onA.socket.id, onB.socket.id];
    process.kill(await bridgeOf(a), "SIGKILL");
    const words = "the bridge was killed by SIGKILL; next start in 500 ms";
    await a.until("it is seen", () => a.stderr.includes(words));
    await hears(onA, onA, a);
    await a.until("the next bridge", async () => (await a.status()).site?.redis === "up");
    await a.until("they see each other", seeEachOther);
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    expect([onA.socket.id, onB.socket.id]).toEqual(ids);
    expect([onA.sessions.length, onB.sessions.length]).toEqual([1, 1]);
    const next = { host: hostNumber, bridge: { restarts: 1 } };
    expect(await a.status()).toMatchObject({ hostNumber, site: next });
  });

  it("leave at once when they are told to stop", async () => {
    const { hostNumber, name } = await b.status();
    expect((await a.command("status", "--site")).stdout).toMatch(new RegExp(`^${hostNumber} +${name} `, "m"));
    const bridge = await bridgeOf(b);
    expect(await b.stop()).toBe(0);
    expect(isRunning(bridge)).toBe(false);
    const [prefix] = site().slice(3, 4);
    expect(await admin.hkeys(`{${prefix}}:hosts`)).toEqual([`${(await a.status()).hostNumber}`]);
    await a.until("the other has seen it", async () => (await others(a)) === 0);
    expect(a.stderr).toContain(`host ${hostNumber} (${name} at `);
  });
});

describe("a fleet whose Redis is away", () => {
  it("serves on, is ready, and says so", async () => {
    const own = await startRedis();
    cleanUp.push(() => own.stop());
    const [port] = await freePorts(1);
    const a = await host(newSite("1s", own.url)(), { args: ["--admin", `${port}`] });
    const onA = await enter(a);
    cleanUp.push(() => onA.close());
    await own.kill();
    await a.until("it is seen", async () => (await a.status()).site?.redis === "down");
    await hears(onA, onA, a);
    await a.command("status", "--quiet");
    const health = JSON.parse(await get(`http://127.0.0.1:${port}/healthz`));
    expect(health).toMatchObject({
      ready: true,
      live: true,
      site: { redis: "down", why: expect.any(String) },
    });
    expect((await a.command("status")).stdout).toMatch(
      /^bridge: host \d+, no other host · Redis is away for /m,
    );
    await own.restart();
    await a.until("it is back", async () => (await a.status()).site?.redis === "up");
    expect(onA.sessions).toHaveLength(1);
  });
});

describe("a start without Redis", () => {
  it("waits, says why, and goes on when Redis is there", async () => {
    const [port] = (await freePorts(1)) as [number];
    const fleet = waiting(newSite("1s", `redis://:hunter2@127.0.0.1:${port}`)());
    await fleet.until("it says why", () => fleet.stderr.includes("no worker starts before"));
    expect(fleet.stderr).toMatch(/ECONNREFUSED/);
    expect(await fleet.status()).toMatchObject({
      state: "starting",
      workers: [{ pid: null }],
      site: { host: null, redis: "down" },
    });
    const refused = await fleet.command("reload").catch(({ stderr }: { stderr: string }) => stderr);
    expect(refused).toContain("ERR_SITE_WAIT");
    const late = await startRedis(["--requirepass", "hunter2"], { port });
    cleanUp.push(() => late.stop());
    await fleet.ready();
    expect(fleet.stderr + fleet.stdout).not.toContain("hunter2");
    expect(JSON.stringify(await fleet.status())).not.toContain("hunter2");
  });

  it("ends at once with 0 when it is told to stop, and with 1 when --redis-wait is over", async () => {
    const [port] = (await freePorts(1)) as [number];
    const site = newSite("1s", `redis://127.0.0.1:${port}`)();
    const patient = waiting(site);
    const impatient = waiting(site, ["--redis-wait", "1s"]);
    await patient.until("it waits", () => patient.stderr.includes("no worker starts before"));
    expect(await patient.stop()).toBe(0);
    expect(await impatient.exited()).toBe(1);
    expect(impatient.stderr).toContain(
      "could not start: Redis did not answer within the 1000 ms of --redis-wait",
    );
  });

  it("serves at once with --host-number", async () => {
    const [port] = (await freePorts(1)) as [number];
    const fleet = await host(newSite("1s", `redis://127.0.0.1:${port}`)(), {
      args: ["--host-number", "35"],
      workers: 1,
    });
    expect(await fleet.status()).toMatchObject({ hostNumber: 35, state: "ready", site: { redis: "down" } });
    const handshake = await get(`${fleet.url}/socket.io/?EIO=4&transport=polling`);
    expect(ownerOf(JSON.parse(handshake.slice(1)).sid)).toMatchObject({ host: 35 });
  });

  it.each([
    ["the password is wrong", "redis://:hunter3@"],
    ["there is none", "redis://"],
  ])("ends with 2 and one sentence when %s", async (_, begin) => {
    const locked = await startRedis(["--requirepass", "hunter2"]);
    cleanUp.push(() => locked.stop());
    const fleet = waiting(newSite("1s", `${begin}127.0.0.1:${locked.port}`)());
    expect(await fleet.exited()).toBe(2);
    expect(fleet.stderr).toMatch(/^holdfast could not start: .*password.*/m);
    expect(fleet.stderr).not.toMatch(/hunter3|\n {4}at /);
  });
});
