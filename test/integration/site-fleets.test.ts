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

/** A site of its own, in which a host without a word is gone after a second. */
const newSite = (url = redis.url): string[] => [
  "--redis",
  url,
  "--redis-prefix",
  `site-${++sites}`,
  "--lease",
  "1s",
];
const prefixOf = (site: readonly string[]): string => site[3] as string;

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

async function member(fleet: Fleet, room: string): Promise<Member> {
  const client = new Member(fleet.url, "websocket");
  cleanUp.push(() => client.close());
  await fleet.until("the client is welcome", () => client.session !== undefined);
  await client.join(room);
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

describe("fleets with --redis", () => {
  it("get numbers, hear each other's broadcasts once, and leave at once", async () => {
    const site = newSite();
    const a = await host(site);
    const b = await host(site);
    const [numberOfA, numberOfB] = await Promise.all(
      [a, b].map(async (fleet) => (await fleet.status()).hostNumber),
    );
    expect(numberOfA).not.toBe(numberOfB);
    const handshake = await get(`${a.url}/socket.io/?EIO=4&transport=polling`);
    expect(ownerOf(JSON.parse(handshake.slice(1)).sid)).toMatchObject({ host: numberOfA });
    await a.until("both see each other", async () => (await others(a)) === 1 && (await others(b)) === 1);

    const [onA, onB] = [await member(a, "r"), await member(b, "r")];
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    const said: (Spoken | undefined)[] = [];
    for (let turn = 0; turn < 20; turn++) said.push(await (turn % 2 === 0 ? onA : onB).say(["r"]));
    const hasAll = ({ session }: Member): boolean => said.every((one) => one && session?.has(one));
    await a.until("all arrived", () => hasAll(onA) && hasAll(onB));

    const outside = { worker: "outside", number: 1 };
    new Emitter(admin).to("r").emit("said", outside.worker, outside.number);
    await a.until("an emitter is heard", () => [onA, onB].every(({ session }) => session?.has(outside)));
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    expect([onA, onB].flatMap(({ session }) => session?.disorder())).toEqual([]);

    const { stdout } = await a.command("status", "--site");
    expect(stdout).toContain(`${numberOfB}`);
    expect(stdout).toContain(b.name);
    const bridge = await bridgeOf(b);
    expect(await b.stop()).toBe(0);
    expect(isRunning(bridge)).toBe(false);
    expect(await admin.hkeys(`{${prefixOf(site)}}:hosts`)).toEqual([`${numberOfA}`]);
    await a.until("the other is gone", async () => (await others(a)) === 0);
    expect(a.stderr).toContain(`host ${numberOfB} (${b.name} at `);
  });

  it("keep their sessions while their bridge is dead, and are joined again by the next one", async () => {
    const site = newSite();
    const [a, b] = await Promise.all([host(site), host(site)]);
    const [onA, onB] = [await member(a, "r"), await member(b, "r")];
    await hears(onB, onA, b);
    const { hostNumber } = await a.status();
    const ids = [onA.socket.id, onB.socket.id];
    process.kill(await bridgeOf(a), "SIGKILL");
    await a.until("it is seen", () =>
      a.stderr.includes("the bridge was killed by SIGKILL; next start in 500 ms"),
    );
    await hears(onA, onA, a);
    await a.until("the next bridge", async () => (await a.status()).site?.redis === "up");
    await a.until("both see each other", async () => (await others(a)) === 1 && (await others(b)) === 1);
    await hears(onB, onA, b);
    await hears(onA, onB, a);
    expect([onA.socket.id, onB.socket.id]).toEqual(ids);
    expect([onA.sessions.length, onB.sessions.length]).toEqual([1, 1]);
    expect(await a.status()).toMatchObject({
      hostNumber,
      site: { host: hostNumber, bridge: { restarts: 1 } },
    });
  });

  it("serve on while Redis is away, are ready, and say so", async () => {
    const own = await startRedis();
    cleanUp.push(() => own.stop());
    const [port] = await freePorts(1);
    const a = await host(newSite(own.url), { args: ["--admin", `${port}`] });
    const onA = await member(a, "r");
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
    const fleet = waiting(newSite(`redis://:hunter2@127.0.0.1:${port}`));
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
    const site = newSite(`redis://127.0.0.1:${port}`);
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
    const fleet = await host(newSite(`redis://127.0.0.1:${port}`), {
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
    const fleet = waiting(newSite(`${begin}127.0.0.1:${locked.port}`));
    expect(await fleet.exited()).toBe(2);
    expect(fleet.stderr).toMatch(/^holdfast could not start: .*password.*/m);
    expect(fleet.stderr).not.toMatch(/hunter3|\n {4}at /);
  });
});
