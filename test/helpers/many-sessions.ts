/** Test helper: many sessions of official clients from one address: opened in waves, counted by worker, held and spoken with. */

import type { Socket } from "socket.io-client";
import { expect } from "vitest";
import { connected, newClient, slotOf, type TransportName, upgraded } from "./every-transport.js";

/**
 * Opened at once. A proxy that looks for the fewest connections knows of those that stand: of one burst of 200 it knows little.
 * A session that is being upgraded is none, one or two requests for it, so a wave is over when its sessions are upgraded.
 */
const WAVE = 20;

/**
 * Opens `count` sessions, and upgrades them where the transport says so.
 * @param sockets takes every client as soon as there is one, so that the caller can close them whatever happens
 * @param partings takes the reason of each `disconnect`
 */
export async function openInWaves(
  url: string,
  transport: TransportName,
  count: number,
  sockets: Socket[],
  partings: string[],
): Promise<void> {
  while (sockets.length < count) {
    const wave = Array.from({ length: WAVE }, () => newClient(url, transport));
    sockets.push(...wave);
    for (const socket of wave) socket.on("disconnect", (reason) => partings.push(reason));
    await Promise.all(wave.map(connected));
    if (transport === "upgrade") await Promise.all(wave.map(upgraded));
  }
}

/** Most against least sessions of a worker. */
export function spread(sockets: readonly Socket[], workers: number): number {
  const counts = Array.from(
    { length: workers },
    (_, slot) => sockets.filter((socket) => slotOf(socket) === slot).length,
  );
  return Math.max(...counts) / Math.min(...counts);
}

/** The next two heartbeats of the server. */
export function twoHeartbeats(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    socket.io.on("ping", () => {
      seen += 1;
      if (seen === 2) resolve();
    });
    socket.io.on("close", (reason) => reject(new Error(`closed before two heartbeats: ${reason}`)));
  });
}

/** Text and bytes come back as they went. */
export async function echoes(socket: Socket): Promise<void> {
  expect(await socket.timeout(15_000).emitWithAck("echo", "grüße")).toBe("grüße");
  const bytes = Buffer.from([0, 1, 254, 255]);
  expect(await socket.timeout(15_000).emitWithAck("echo", bytes)).toEqual(bytes);
}
