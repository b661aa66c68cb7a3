/**
 * Promise: the layout that people have, PM2 in cluster mode with a port for each instance and a real nginx in front, works exactly with
 * the configuration that `holdfast proxy nginx` prints: sessions from one address are spread, none goes astray, none moves.
 */

import { chmodSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerOf } from "../../src/routing/sid.js";
import type { AppFolder } from "../helpers/app-folder.js";
import { ClientSession } from "../helpers/clients/client-session.js";
import { echoTextAndBytes, expectOwnersToServe, heartbeats } from "../helpers/clients/conversation.js";
import { TRANSPORTS as BY_TRANSPORT, CLIENT_V2 } from "../helpers/clients/official-clients.js";
import { checkPythonClient, runPythonSessions } from "../helpers/clients/python-client.js";
import { slotOf, TRANSPORTS, type TransportName, talkOnAll } from "../helpers/every-transport.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { holdfast } from "../helpers/holdfast-command.js";
import { getFromPath } from "../helpers/http-client.js";
import { libraryFolder } from "../helpers/library-processes.js";
import { echoes, openInWaves, spread, twoHeartbeats } from "../helpers/many-sessions.js";
import { RealPm2 } from "../helpers/pm2.js";
import { RealProxy } from "../helpers/real-proxy.js";

const INSTANCES = 4;
const SESSIONS = 200;
const OF_OTHER_CLIENTS = 20;
const EVENNESS = 1.3;
const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];
const PING_INTERVAL = 1000;

type Told = {
  readonly requests: number;
  readonly strays: number;
  readonly slot: number;
  readonly instance: number;
  readonly pid: number;
  readonly sessions: number;
};

let folder: AppFolder;
let pm2: RealPm2;
let nginx: RealProxy;
let first: number;
let publicPort: number;
beforeAll(async () => {
  await checkPythonClient();
  folder = libraryFolder();
  folder.copy("library/managed-contract.mjs", "library/managed-contract.mjs");
  folder.copy("apps/contract.mjs", "apps/contract.mjs");
  folder.copy("clients/page.html", "clients/page.html");
  // The processes of nginx that serve are another user's.
  chmodSync(folder.path, 0o755);
  pm2 = new RealPm2(folder);
  first = await freeRow(INSTANCES + 1);
  await pm2.start({
    name: "chat",
    script: "library/managed-contract.mjs",
    instances: INSTANCES,
    exec_mode: "cluster",
    wait_ready: true,
    listen_timeout: 20_000,
    env: { PORT: first, TELLERS: folder.path, PING_INTERVAL, PING_TIMEOUT: 5000, HOST: "127.0.0.1" },
  });
  const [port = 0, admin = 0] = await freePorts(2);
  publicPort = port;
  nginx = await RealProxy.start("nginx", await configuration(INSTANCES), [port, admin]);
  // The process whose code is compiled first answers its handshakes first, and would be given more than the others.
  expect((await talkOnAll(nginx.url, SESSIONS / 2)).errors).toEqual([]);
});
afterAll(async () => {
  await nginx?.stop();
  await pm2.stop();
  folder.remove();
});

/** What the command prints, with few enough open files for any machine. */
async function configuration(workers: number): Promise<string> {
  const site = ["--workers", `${workers}`, "--listen", `ports:${first}`, "--port", `${publicPort}`];
  const more = ["--sessions", "500", "--ping-interval", `${PING_INTERVAL}`, "--ping-timeout", "5000"];
  const { code, stdout, stderr } = await holdfast(["proxy", "nginx", ...site, ...more], {
    runtime: join(folder.path, "run"),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

const tellerOf = (instance: number): string => join(folder.path, `${instance}.sock`);
const told = async (instance: number): Promise<Told> =>
  JSON.parse(await getFromPath(tellerOf(instance), "/")) as Told;
const allTold = (count: number): Promise<Told[]> =>
  Promise.all(Array.from({ length: count }, (_, instance) => told(instance)));
const sum = (all: readonly Told[], key: "requests" | "strays" | "sessions"): number =>
  all.reduce((total, one) => total + one[key], 0);

/** Until the last session is closed. */
const idle = (): Promise<void> =>
  expect.poll(async () => sum(await allTold(INSTANCES), "sessions"), { timeout: 15_000 }).toBe(0);

async function open(count: number, transport: TransportName, partings: string[] = []): Promise<Socket[]> {
  const sockets: Socket[] = [];
  await openInWaves(nginx.url, transport, count, sockets, partings);
  return sockets;
}

describe("four instances, all clients from one address", () => {
  it.each(TRANSPORT_NAMES)(
    `${SESSIONS} sessions by %s are spread, hold, echo, and never go astray`,
    async (transport) => {
      // A connection that is still closing counts for nginx.
      await idle();
      const before = sum(await allTold(INSTANCES), "requests");
      const partings: string[] = [];
      const sockets = await open(SESSIONS, transport, partings);
      expect(spread(sockets, INSTANCES)).toBeLessThanOrEqual(EVENNESS);
      await Promise.all([...sockets.map(twoHeartbeats), ...sockets.map(echoes)]);
      expect(partings).toEqual([]);
      const all = await allTold(INSTANCES);
      expect(all.map(({ slot, instance }) => [slot, instance])).toEqual([0, 1, 2, 3].map((i) => [i, i]));
      expect(sum(all, "strays")).toBe(0);
      // A WebSocket opened at once has no sid to bring.
      if (transport !== "websocket") expect(sum(all, "requests") - before).toBeGreaterThanOrEqual(SESSIONS);
      for (const socket of sockets) socket.off().disconnect();
    },
  );

  it("the official client 2 works on every transport, on connections that its sessions share", async () => {
    const agent = new Agent({ keepAlive: true });
    const opened = BY_TRANSPORT.flatMap(({ transports }) =>
      Array.from({ length: OF_OTHER_CLIENTS }, () =>
        ClientSession.open(CLIENT_V2, nginx.url, { transports, agent }),
      ),
    );
    const sessions: ClientSession[] = await Promise.all(opened);
    expect(new Set(sessions.map(({ slot }) => slot)).size).toBe(INSTANCES);
    expectOwnersToServe(sessions);
    await echoTextAndBytes(sessions);
    await heartbeats(sessions, 2);
    expect(sessions.flatMap(({ faults }) => faults)).toEqual([]);
    for (const session of sessions) session.close();
    agent.destroy();
    expect(sum(await allTold(INSTANCES), "strays")).toBe(0);
  });

  it("python-socketio works on every transport", async () => {
    const order = { url: nginx.url, sessions: OF_OTHER_CLIENTS, heartbeats: 2 };
    const reports = await Promise.all(
      BY_TRANSPORT.map(({ transports }) => runPythonSessions({ ...order, transports })),
    );
    expect(reports.map(({ length }) => length)).toEqual(BY_TRANSPORT.map(() => OF_OTHER_CLIENTS));
    for (const { sid, slots, echoed, faults } of reports.flat()) {
      const slot = ownerOf(sid)?.slot;
      expect({ slots, echoed, faults }).toEqual({ slots: [slot, slot], echoed: true, faults: [] });
    }
    expect(sum(await allTold(INSTANCES), "strays")).toBe(0);
  });

  it("an instance that is killed hurts its own sessions and no other", async () => {
    const sockets = (await Promise.all(TRANSPORT_NAMES.map((name) => open(40, name)))).flat();
    const slots = sockets.map(slotOf);
    const victim = await told(1);
    const hurt = sockets.filter((_, index) => slots[index] === victim.slot);
    const parted = new Set<Socket>();
    for (const socket of sockets) socket.on("disconnect", () => parted.add(socket));
    // Its successor makes a new one.
    rmSync(tellerOf(1));
    process.kill(victim.pid, "SIGKILL");
    await expect.poll(() => parted.size, { timeout: 15_000 }).toBe(hurt.length);
    const others = sockets.filter((socket) => !hurt.includes(socket));
    await Promise.all([...others.map(twoHeartbeats), ...others.map(echoes)]);
    expect(new Set(hurt)).toEqual(parted);
    for (const socket of sockets) socket.off().disconnect();
    await expect.poll(() => told(1).catch(() => undefined), { timeout: 15_000 }).toMatchObject({ slot: 1 });
    expect((await talkOnAll(nginx.url, 20)).errors).toEqual([]);
  });

  it("one more instance and nginx reloaded: no session moves or ends, and the new one gets its share", async () => {
    const sockets = (await Promise.all(TRANSPORT_NAMES.map((name) => open(40, name)))).flat();
    const ids = sockets.map((socket) => socket.id);
    const partings: string[] = [];
    for (const socket of sockets) socket.on("disconnect", (reason) => partings.push(reason));
    await pm2.run("scale", "chat", "+1");
    nginx.reload(await configuration(INSTANCES + 1));
    // While nginx changes over, its old processes still accept, and do not know the new instance: what they send astray arrives.
    const round = async (): Promise<{ instances: number; strays: number }> => {
      const before = sum(await allTold(INSTANCES), "strays");
      const { slots, errors } = await talkOnAll(nginx.url, 20);
      expect(errors).toEqual([]);
      return { instances: slots.size, strays: sum(await allTold(INSTANCES), "strays") - before };
    };
    await expect.poll(round, { timeout: 30_000 }).toEqual({ instances: INSTANCES + 1, strays: 0 });
    await Promise.all([...sockets.map(twoHeartbeats), ...sockets.map(echoes)]);
    expect(partings).toEqual([]);
    expect(sockets.map((socket) => socket.id)).toEqual(ids);
    for (const socket of sockets) socket.off().disconnect();
  });
});
