/** Promise: behind a real proxy a killed worker hurts only its own sessions, and a reload with one more worker moves none. */

import type { Socket } from "socket.io-client";
import { describe, expect, it } from "vitest";
import { connected, slotOf, type TransportName } from "../helpers/every-transport.js";
import { openClient, startProxied } from "../helpers/proxied-test.js";
import { REAL_PROXIES } from "../helpers/real-proxy.js";

const SESSIONS = 24;

/** Half of them poll, half have a WebSocket. */
async function open(url: string, reconnection: boolean): Promise<Socket[]> {
  const opened = Array.from({ length: SESSIONS }, (_, index) => {
    const transport: TransportName = index % 2 === 0 ? "polling" : "websocket";
    return openClient(url, transport, { reconnection, reconnectionDelay: 50, reconnectionDelayMax: 200 });
  });
  await Promise.all(opened.map(connected));
  return opened;
}

const idOf = (socket: Socket): string => (socket.io.engine as unknown as { id: string }).id;
const echo = (socket: Socket): Promise<unknown> => socket.timeout(15_000).emitWithAck("echo", "here");

describe.each(REAL_PROXIES)("%s", (kind) => {
  it("a killed worker's sessions open anew elsewhere; the others notice nothing", async () => {
    const fleet = await startProxied({ kind, workers: 4 });
    const opened = await open(fleet.url, true);
    const victims = opened.filter((socket) => slotOf(socket) === 1);
    const others = opened.filter((socket) => slotOf(socket) !== 1);
    expect(victims.length).toBeGreaterThan(0);
    const ids = others.map(idOf);
    const back = victims.map((socket) => new Promise<void>((resolve) => socket.once("connect", resolve)));
    await fleet.killWorker(1);
    await Promise.all(back);
    expect(victims.map(slotOf)).not.toContain(1);
    expect(await Promise.all(opened.map(echo))).toEqual(opened.map(() => "here"));
    expect(others.map(idOf)).toEqual(ids);

    // Nobody is refused while it is down, nor once it is back.
    const during = await open(fleet.url, false);
    expect(during.map(slotOf)).not.toContain(1);
    await fleet.startWorker(1);
    const reached = async (): Promise<number[]> => (await open(fleet.url, false)).map(slotOf);
    await expect.poll(reached, { timeout: 20_000, interval: 500 }).toContain(1);
  });
});

/** Caddy 2.6 closes WebSockets when it reloads; docs/deploy/caddy.md says so. */
describe.each(["nginx", "haproxy", "apache"] as const)("%s", (kind) => {
  it("a reload with one more worker moves no live session, and the newcomer gets its share", async () => {
    const fleet = await startProxied({ kind, workers: 3, spare: 1 });
    const opened = await open(fleet.url, false);
    const ids = opened.map(idOf);
    await fleet.startWorker(3);
    fleet.reload(4);
    const reached = async (): Promise<number[]> => (await open(fleet.url, false)).map(slotOf);
    await expect.poll(reached, { timeout: 20_000, interval: 500 }).toContain(3);
    expect(await Promise.all(opened.map(echo))).toEqual(opened.map(() => "here"));
    expect(opened.map(idOf)).toEqual(ids);
    expect((await fleet.arrivals()).strays).toBe(0);
  });
});
